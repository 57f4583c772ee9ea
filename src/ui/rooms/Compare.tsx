/** The judgement: blind duels by the person, the report's tables, and all models side by side. */
import { formatPercent } from '../format';
import { PaperTable } from '../parts/PaperTable';
import { Columns, Room } from '../parts/Room';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { useLab } from '../state/lab';
import { Duels } from './Duels';
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
      explain={<Explain />}
    >
      <Columns
        work={
          <>
            <Duels />
            <StageSettings stage="evaluate" sections={['evaluate']} />
          </>
        }
        evidence={<ReportTables />}
      />
      <SideBySide />
    </Room>
  );
}

function Explain() {
  return (
    <>
      <p>
        Test prompts stand in no training text. Win rates come from blind pairs, a tie counting
        half; their 95 % interval is a bootstrap over prompts. The four skills and the loss on the
        corpus show the alignment tax: what learning to answer costs of what was known before.
      </p>
      <PaperTable
        rows={[
          { what: 'Preferred to SFT (1.3 B, PPO-ptx)', paper: 'about 70 %', here: 'see Wins' },
          {
            what: 'DROP, GPT-3 / SFT / PPO / PPO-ptx',
            paper: '35.3 / 35.9 / 27.8 / 33.3',
            here: 'see Skills',
          },
          { what: 'Fr→En BLEU, the same', paper: '38.9 / 36.9 / 24.2 / 34.3', here: 'see Skills' },
        ]}
      />
      <p>
        Try next: make an experiment with γ = 0 (plain PPO) and the same seed, and look at the
        skills again.
      </p>
    </>
  );
}
