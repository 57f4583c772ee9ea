/** Stage 2b: the reward model, its accuracy, and the reward of any answer token by token. */
import { ExplainReward } from '../explain/Reward';
import { formatPercent } from '../format';
import { CalibrationPlot } from '../parts/CalibrationPlot';
import { ChartTools } from '../parts/ChartTools';
import { CurveChart } from '../parts/CurveChart';
import { PaperTable } from '../parts/PaperTable';
import { Columns, Room, Section } from '../parts/Room';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { useLab } from '../state/lab';
import { LabelCurve } from './LabelCurve';
import { ScoreAnswer } from './ScoreAnswer';

export default function Reward() {
  const store = useLab();
  const report = () => store.state.experiment?.report?.reward;
  const done = () => {
    const share = formatPercent(report()?.val_accuracy, 1);
    return `The reward model orders ${share} of held-out pairs as the labelers do.`;
  };
  const accuracies = () => [
    {
      what: 'Held-out pairs',
      paper: '72.4 ± 0.4 %',
      here: formatPercent(report()?.val_accuracy, 1),
    },
    {
      what: 'Pairs of held-out labelers',
      paper: '69.6 ± 0.9 %',
      here: formatPercent(report()?.heldout_labeler_accuracy, 1),
    },
    { what: 'Training pairs', paper: '–', here: formatPercent(report()?.train_accuracy, 1) },
    {
      what: 'Two labelers agree',
      paper: '72.6 ± 1.5 %',
      here: formatPercent(report()?.label_agreement, 1),
    },
  ];
  return (
    <Room
      title="Reward"
      state={stageLine(store, 'reward', done())}
      action={<StageAction stage="reward" />}
      explain={<ExplainReward />}
    >
      <Columns
        work={
          <>
            <ScoreAnswer />
            <StageSettings stage="reward" sections={['reward']} />
          </>
        }
        evidence={
          <>
            <Section title="Learning">
              <ChartTools training="reward" />
              <CurveChart
                title="Accuracy"
                training="reward"
                curves={[
                  { name: 'accuracy', color: '--series-blue', smooth: true },
                  { name: 'val_accuracy', color: '--series-vermillion', dash: [6, 4] },
                ]}
              />
            </Section>
            <CurveChart
              title="Loss"
              training="reward"
              curves={[
                { name: 'loss', glossary: 'reward/loss', color: '--series-blue', smooth: true },
                { name: 'margin', color: '--series-green', right: true },
              ]}
            />
            <Section title="Calibration">
              <CalibrationPlot of={store.state.experiment?.calibration ?? null} />
            </Section>
            <Section title="How many labels it takes">
              <LabelCurve />
            </Section>
            <Section title="How well it judges">
              <PaperTable rows={accuracies()} />
            </Section>
          </>
        }
      />
    </Room>
  );
}
