/** The reward model's accuracy against the number of labels, under the ceiling of human agreement. */
import type { LabelCurve as Curve } from '../../lab/api';
import { formatPercent } from '../format';
import { type DrawnLine, LineChart } from '../parts/LineChart';
import { StudyAction } from '../parts/StudyAction';
import { useLab } from '../state/lab';
import styles from './Study.module.css';

const SPLITS = [
  {
    name: 'val',
    label: 'Held-out pairs',
    ceiling: 'two training labelers agree',
    color: '--series-blue',
  },
  {
    name: 'heldout',
    label: 'Pairs of held-out labelers',
    ceiling: 'two held-out labelers agree',
    color: '--series-vermillion',
  },
] as const;

function linesOf({ points, agreement }: Curve): DrawnLine[] {
  const x = points.map(({ prompts }) => prompts);
  return SPLITS.flatMap(({ name, label, ceiling, color }): DrawnLine[] => [
    { label, color, x, y: points.map((point) => 100 * point[name].share) },
    {
      label: ceiling,
      color,
      dash: [3, 4],
      x: x.length > 1 ? [x[0]!, x.at(-1)!] : x,
      y: x.slice(0, 2).map(() => 100 * agreement[name]),
    },
  ]);
}

export function LabelCurve() {
  const store = useLab();
  const found = () => store.state.experiment?.studies.labelCurve ?? null;
  const ranked = () =>
    Object.values(store.state.experiment?.labels.byLabeler ?? {}).reduce((sum, n) => sum + n, 0);
  const missing = () =>
    store.status('reward') === 'done' ? undefined : 'It needs the reward model first.';
  const interval = () => {
    const last = found()?.points.at(-1);
    return last
      ? ` Here the interval of the last point is ±${formatPercent(last.val.half, 1)}.`
      : '';
  };
  return (
    <div class={styles['study']}>
      <StudyAction
        request={{ study: 'label_curve' }}
        verb="Train on ⅛, ¼ and ½ of the labels"
        begun={found() !== null}
        whole={found()?.whole === true && found()?.ranked === ranked()}
        missing={missing()}
      />
      <LineChart
        title="Accuracy by labels"
        xLabel="ranked prompts"
        wholeX
        yLabel="% of pairs ordered right"
        lines={found() ? linesOf(found()!) : []}
        empty="Accuracy against the number of labels appears here once it is measured."
      />
      <p class="small muted">
        In the paper, with all labels: 72.4 ± 0.4 % and, for held-out labelers, 69.6 ± 0.9 %; two
        labelers agree on 72.6 ± 1.5 % and 77.3 ± 1.3 %.{interval()}
      </p>
    </div>
  );
}
