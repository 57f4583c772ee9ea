/**
 * Best of n beside PPO (Gao et al. 2022): learned and true reward by distance, for reward models of
 * all labels and of few, each with its fitted form and where that turns.
 */
import { createSignal, For, Show } from 'solid-js';
import { usualBestOfN } from '../../config/studies';
import type { BestOfNRequest, DistanceFit, DistancePoint, StudyResults } from '../../lab/api';
import { formatFixed, formatNumber, formatSigned, plural } from '../format';
import { type DrawnLine, LineChart } from '../parts/LineChart';
import { StudyAction } from '../parts/StudyAction';
import { useLab } from '../state/lab';
import styles from './Study.module.css';

/** What is drawn of one way to optimise: measured points, and the form fitted to them. */
interface Course {
  readonly name: string;
  readonly color: DrawnLine['color'];
  readonly points: readonly DistancePoint[];
  readonly fit: DistanceFit | null;
}

const COLORS = ['--series-blue', '--series-vermillion'] as const;

function coursesOf({ bestOfN, ppo }: StudyResults, of: 'learned' | 'truth'): Course[] {
  const best = (bestOfN?.curves ?? []).map(
    ({ labels, points, fits }, at): Course => ({
      name: `Best of n, ${plural(labels, 'ranked prompt')}`,
      color: COLORS[at]!,
      points: points.map((point) => ({ d: Math.sqrt(point.kl), reward: point[of].mean })),
      fit: fits[of],
    }),
  );
  if (!ppo) return best;
  return [
    ...best,
    { name: 'PPO', color: '--series-green', points: ppo[of], fit: ppo.fits[of] } as const,
  ];
}

/** @param root whether √KL stands on x, or KL */
function linesOf(courses: readonly Course[], root: boolean): DrawnLine[] {
  const xs = (points: readonly DistancePoint[]) => points.map(({ d }) => (root ? d : d * d));
  const ys = (points: readonly DistancePoint[]) => points.map(({ reward }) => reward);
  return courses.flatMap(({ name, color, points, fit }): DrawnLine[] => {
    const sorted = [...points].sort((a, b) => a.d - b.d);
    const measured = { label: name, color, scattered: true, x: xs(sorted), y: ys(sorted) };
    if (!fit) return [measured];
    const { curve } = fit;
    const label = `${name}, fitted`;
    return [measured, { label, color, dash: [6, 4], x: xs(curve), y: ys(curve), guide: true }];
  });
}

export function BestOfN(props: { root: boolean }) {
  const store = useLab();
  const experiment = () => store.state.experiment;
  const usual = () => usualBestOfN(experiment()?.config.settings);
  const [samples, setSamples] = createSignal(usual().samples);
  const [few, setFew] = createSignal(usual().few);
  /** Whether the settings are on show again. */
  const [anew, setAnew] = createSignal(false);
  const results = (): StudyResults =>
    experiment()?.studies ?? { bestOfN: null, ppo: null, labelCurve: null, modelSizes: null };
  const found = () => results().bestOfN;
  const request = (): BestOfNRequest =>
    (!anew() && found()?.request) || {
      ...usual(),
      samples: samples(),
      few: few(),
    };
  const missing = () =>
    store.status('reward') === 'done' ? undefined : 'It needs the reward model first.';
  const xLabel = () => (props.root ? '√KL (√nats)' : 'KL (nats)');
  return (
    <div class={`${styles['study']} ${styles['below']}`}>
      <StudyAction
        request={request()}
        verb="Measure best of n"
        begun={found() !== null && !anew()}
        whole={found()?.done === request().prompts}
        missing={missing()}
        onAnew={() => setAnew(true)}
        onStart={() => setAnew(false)}
      >
        <label>
          Answers a prompt{' '}
          <select onChange={(event) => setSamples(Number(event.target.value))}>
            <For each={[16, 64, 256]}>
              {(count) => (
                <option value={count} selected={count === samples()}>
                  {count}
                </option>
              )}
            </For>
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={few()}
            onChange={(event) => setFew(event.target.checked)}
          />{' '}
          also with a reward model trained on an eighth of the labels
        </label>
      </StudyAction>
      <LineChart
        title="Learned reward by distance"
        xLabel={xLabel()}
        yLabel="above SFT for RL"
        lines={linesOf(coursesOf(results(), 'learned'), props.root)}
        empty="Best of n and PPO appear here once they are measured."
      />
      <LineChart
        title="True reward by distance"
        xLabel={xLabel()}
        yLabel="above SFT for RL, scale 0 to 1"
        lines={linesOf(coursesOf(results(), 'truth'), props.root)}
        empty="Best of n and PPO appear here once they are measured."
      />
      <Show when={coursesOf(results(), 'truth').some(({ fit }) => fit)}>
        <FitTable courses={coursesOf(results(), 'truth')} />
      </Show>
      <p class="small muted">
        Best of n takes, of n answers of SFT for RL, the one that the reward model likes best; its
        KL is log n − (n−1)/n nats. Its points are means over{' '}
        {plural(found()?.done || request().prompts, 'test prompt')} and over all subsets of n
        answers; PPO’s are its iterations.
      </p>
    </div>
  );
}

function FitTable(props: { courses: readonly Course[] }) {
  const place = ({ fit, points }: Course) => {
    if (!fit) return 'too few points';
    if (!fit.peak) return 'none: it only rises';
    const { d, reward } = fit.peak;
    const last = Math.max(...points.map((point) => point.d));
    if (d > last) return `beyond KL ${formatFixed(last * last, 1)} nats, the furthest measured`;
    return `${formatSigned(reward, 3)} at KL ${formatFixed(d * d, 1)} nats`;
  };
  return (
    <table>
      <caption class={styles['caption']}>
        True reward, fitted: d·(α − β·d) for best of n, d·(α − β·log d) for PPO, d = √KL
      </caption>
      <thead>
        <tr>
          <td />
          <th scope="col" data-number>
            α
          </th>
          <th scope="col" data-number>
            β
          </th>
          <th scope="col">Peak</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.courses}>
          {(course) => (
            <tr>
              <th scope="row">{course.name}</th>
              <td data-number>{formatNumber(course.fit?.alpha)}</td>
              <td data-number>{formatNumber(course.fit?.beta)}</td>
              <td>{place(course)}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
