/** Stage 3: PPO with live controls, curves with the true reward beside the learned one, rollouts. */
import { ExplainReinforce } from '../explain/Reinforce';
import { formatFixed } from '../format';
import { ChartTools } from '../parts/ChartTools';
import { CurveChart } from '../parts/CurveChart';
import { Later } from '../parts/Later';
import { Columns, Room, Section } from '../parts/Room';
import { SamplesOverTime } from '../parts/Samples';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { useLab } from '../state/lab';
import { PpoControls } from './PpoControls';
import { Rollouts } from './Rollouts';
import { StepDebugger } from './StepDebugger';

const DASH = [6, 4];

export default function Reinforce() {
  const store = useLab();
  const done = () => {
    const ppo = store.state.experiment?.report?.ppo;
    if (!ppo) return 'PPO has run.';
    const from = ppo.true_reward_before.toFixed(2);
    const to = ppo.true_reward_after.toFixed(2);
    return `PPO has run: true reward from ${from} to ${to} (of 1) at a KL of ${formatFixed(ppo.kl, 1)} nats.`;
  };
  return (
    <Room
      title="Reinforce"
      state={stageLine(store, 'ppo', done())}
      action={<StageAction stage="ppo" />}
      explain={<ExplainReinforce />}
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
            <ChartTools training="ppo" />
            <CurveChart
              title="Learned and true reward"
              training="ppo"
              curves={[
                { name: 'objective/scores', color: '--series-blue' },
                { name: 'true_reward', color: '--series-green', dash: DASH, right: true },
              ]}
            />
            <CurveChart
              title="Distance from SFT"
              training="ppo"
              curves={[
                { name: 'objective/kl', color: '--series-vermillion' },
                { name: 'objective/entropy', color: '--series-purple', dash: DASH, right: true },
              ]}
            />
            <CurveChart
              title="Losses"
              training="ppo"
              curves={[
                { name: 'loss/policy_avg', color: '--series-blue' },
                { name: 'loss/value_avg', color: '--series-orange', dash: DASH },
                { name: 'loss/ptx_avg', color: '--series-grey', dash: [2, 3], right: true },
              ]}
            />
            <CurveChart
              title="Health of the updates"
              training="ppo"
              curves={[
                { name: 'policy/clipfrac_avg', color: '--series-sky' },
                { name: 'val/var_explained', color: '--series-orange', dash: DASH, right: true },
              ]}
            />
          </>
        }
      />
      <Later>
        <Rollouts />
      </Later>
      <Later>
        <StepDebugger />
      </Later>
    </Room>
  );
}
