/** Stage 3: PPO with live controls, curves with the true reward beside the learned one, rollouts. */
import { formatFixed } from '../format';
import { CurveChart } from '../parts/CurveChart';
import { PpoFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';
import { Columns, Room, Section } from '../parts/Room';
import { SamplesOverTime } from '../parts/Samples';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { useLab } from '../state/lab';
import { PpoControls } from './PpoControls';
import { Rollouts } from './Rollouts';

const DASH = [6, 4];

export default function Reinforce() {
  const store = useLab();
  const rows = () => store.curves.rows('ppo');
  const done = () => {
    const ppo = store.state.experiment?.report?.ppo;
    if (!ppo) return 'PPO has run. Next: Compare.';
    const from = ppo.true_reward_before.toFixed(2);
    const to = ppo.true_reward_after.toFixed(2);
    return `PPO has run: true reward from ${from} to ${to} at a KL of ${formatFixed(ppo.kl, 1)} nats. Next: Compare.`;
  };
  return (
    <Room
      title="Reinforce"
      state={stageLine(store, 'ppo', done())}
      action={<StageAction stage="ppo" />}
      explain={<Explain />}
    >
      <Columns
        work={
          <>
            <PpoControls />
            <Section title="What it answers meanwhile">
              <SamplesOverTime
                sets={store.curves.samples('ppo')}
                empty="Answers to validation prompts appear here after every few iterations."
              />
            </Section>
            <StageSettings stage="ppo" sections={['ppo']} />
          </>
        }
        evidence={
          <>
            <CurveChart
              title="Learned and true reward"
              xLabel="iteration"
              rows={rows()}
              curves={[
                { name: 'objective/scores', color: '--series-blue' },
                { name: 'true_reward', color: '--series-green', dash: DASH, right: true },
              ]}
            />
            <CurveChart
              title="Distance from SFT"
              xLabel="iteration"
              rows={rows()}
              curves={[
                { name: 'objective/kl', color: '--series-vermillion' },
                { name: 'objective/entropy', color: '--series-purple', dash: DASH, right: true },
              ]}
            />
            <CurveChart
              title="Losses"
              xLabel="iteration"
              rows={rows()}
              curves={[
                { name: 'loss/policy_avg', color: '--series-blue' },
                { name: 'loss/value_avg', color: '--series-orange', dash: DASH },
                { name: 'loss/ptx_avg', color: '--series-grey', dash: [2, 3], right: true },
              ]}
            />
            <CurveChart
              title="Health of the updates"
              xLabel="iteration"
              rows={rows()}
              curves={[
                { name: 'policy/clipfrac_avg', color: '--series-sky' },
                { name: 'val/var_explained', color: '--series-orange', dash: DASH, right: true },
              ]}
            />
          </>
        }
      />
      <Rollouts />
    </Room>
  );
}

function Explain() {
  const rows = useSettingRows([
    'ppo.kl_coef',
    'ppo.ptx_coef',
    'ppo.ptx_ratio',
    'ppo.cliprange',
    'ppo.policy_lr',
    'ppo.value_lr',
    'ppo.episodes',
    'ppo.batch',
  ]);
  return (
    <>
      <p>
        The policy starts as SFT for RL. Each iteration it answers a batch of prompts, the reward
        model scores the answers, and every token pays β for each nat by which it moved away from
        where it started. The value model foresees the reward; what comes better than foreseen is
        made likelier. γ mixes next-token learning on the corpus in, so that skills are kept
        (PPO-ptx).
      </p>
      <PpoFormula />
      <PaperTable rows={rows()} />
      <p>
        Try next: pause, set β to the paper’s 0.02, and go on. The learned reward climbs faster;
        watch when the true reward stops following. Then <a href="#/compare">compare</a>.
      </p>
    </>
  );
}
