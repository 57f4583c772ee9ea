/** The judgement: blind duels by the person, the report's tables, and all models side by side. */
import { Experiments } from '../experiments/Experiments';
import { ExplainCompare } from '../explain/Compare';
import { formatPercent } from '../format';
import { Columns, Room } from '../parts/Room';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { useLab } from '../state/lab';
import { Duels } from './Duels';
import { ModelSizes } from './ModelSizes';
import { OverOptimization } from './OverOptimization';
import { ReportTables } from './ReportTables';
import { SideBySide } from './SideBySide';

export default function Compare() {
  const store = useLab();
  const done = () => {
    const wins = store.state.experiment?.report?.evaluate?.win_rate_vs_sft;
    return wins
      ? `The policy wins ${formatPercent(wins.mean, 1)} against SFT for RL, judged by ${wins.judge}.`
      : 'The models are compared.';
  };
  return (
    <Room
      title="Compare"
      state={stageLine(store, 'evaluate', done())}
      action={<StageAction stage="evaluate" />}
      explain={<ExplainCompare />}
    >
      <Columns
        work={
          <>
            <Duels />
            <ModelSizes />
            <StageSettings stage="evaluate" sections={['evaluate']} />
          </>
        }
        evidence={
          <>
            <ReportTables />
            <OverOptimization />
          </>
        }
      />
      <SideBySide />
      <Experiments />
    </Room>
  );
}
