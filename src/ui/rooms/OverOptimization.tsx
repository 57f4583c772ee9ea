/** Over-optimization (Gao et al. 2022): what the reward model says and what is true, by the KL paid. */
import { createSignal } from 'solid-js';
import { ChartTools } from '../parts/ChartTools';
import { Choices } from '../parts/Choices';
import { CurveChart } from '../parts/CurveChart';
import { Section } from '../parts/Room';
import { SQRT_KL } from '../parts/series';
import { BestOfN } from './BestOfN';

const AXES = [
  { value: SQRT_KL, label: '√KL' },
  { value: 'objective/kl', label: 'KL' },
] as const;

export function OverOptimization() {
  const [axis, setAxis] = createSignal<string>(SQRT_KL);
  return (
    <Section
      title="Over-optimization"
      aside={<Choices label="On x" options={AXES} value={axis()} onChange={setAxis} />}
    >
      <ChartTools training="ppo" fixedAxis />
      <CurveChart
        title="Learned and true reward by distance"
        training="ppo"
        axis={axis()}
        curves={[
          { name: 'objective/scores', color: '--series-blue', smooth: true },
          {
            name: 'true_reward',
            color: '--series-green',
            dash: [6, 4],
            right: true,
            smooth: true,
          },
        ]}
      />
      <p class="small muted">
        A point is an iteration. Where the learned reward still rises and the true one turns down,
        PPO follows the reward model’s mistakes.
      </p>
      <BestOfN root={axis() === SQRT_KL} />
    </Section>
  );
}
