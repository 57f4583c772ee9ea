/**
 * One PPO step of one response, from the rollout to the update: every tensor of it, in the order in
 * which it is computed. What the updates did is known where the step was taken by itself.
 */
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js';
import type { RolloutSet, RolloutView } from '../../lab/api';
import { formatNumber, formatSigned, promptText } from '../format';
import { HeatTable } from '../parts/HeatTable';
import { MetricName } from '../parts/MetricName';
import { Empty, Section } from '../parts/Room';
import { useLab } from '../state/lab';
import styles from './StepDebugger.module.css';
import { lossRows, rewardRows, type StepRow, updateRows, valueRows } from './step';

export function StepDebugger() {
  const store = useLab();
  const [at, setAt] = createSignal(0);
  const set = () => store.state.rollouts;
  const chosen = () => set()?.rollouts[at()] ?? set()?.rollouts[0];
  return (
    <div class={styles['debugger']}>
      <Section title="Step debugger">
        <Show
          when={chosen()}
          fallback={
            <Empty>
              Pause PPO and press “One step”: every tensor of that step will be here, for one
              response, from the rollout to the update.
            </Empty>
          }
        >
          {(rollout) => (
            <>
              <label class={styles['choice']}>
                Response{' '}
                <select onChange={(event) => setAt(Number(event.target.value))}>
                  <For each={set()!.rollouts}>
                    {(one, i) => (
                      <option value={i()} selected={i() === at()}>
                        {i() + 1}: {promptText(one.prompt).slice(0, 60)}
                      </option>
                    )}
                  </For>
                </select>
              </label>
              <Stages rollout={rollout()} of={set()!} />
            </>
          )}
        </Show>
      </Section>
    </div>
  );
}

function Stages(props: { rollout: RolloutView; of: RolloutSet }) {
  const beta = () => props.of.step?.klCoef ?? klCoefOf(props.rollout) ?? 0;
  return (
    <ol class={styles['stages']}>
      <Stage
        name="Rollout"
        rule="a response is sampled from the policy; the frozen reference reads the same tokens"
        rollout={props.rollout}
        rows={[
          row('log π', 'log-probability under the policy', props.rollout.logprobs),
          row('log π_ref', 'log-probability under the reference', props.rollout.refLogprobs),
        ]}
      />
      <Stage
        name="Rewards"
        rule={`−β·(log π − log π_ref) at every token with β = ${formatNumber(beta())}, and the score ${formatSigned(props.rollout.score)} added at the last`}
        rollout={props.rollout}
        rows={rewardRows(props.rollout)}
      />
      <Stage
        name="Advantages"
        rule="GAE from rewards and values: what came beyond what the value model foresaw; whitened over the batch"
        rollout={props.rollout}
        rows={valueRows(props.rollout)}
      />
      <Show
        when={props.of.step && props.rollout.step}
        fallback={
          <li class="muted">
            Losses and updates are kept where a step is taken by itself: pause, then “One step”.
          </li>
        }
      >
        <Stage
          name="Losses"
          rule="after the updates: ρ = π_new/π, policy −min(ρA, clip(ρ)A), value ½·max((V−R)², (V_clip−R)²)"
          rollout={props.rollout}
          rows={lossRows(props.rollout, props.of.step!)}
        />
        <Stage
          name="Update"
          rule={`the response was in update ${props.rollout.step!.update} of ${props.of.step!.updates.length}; learning rates ${formatNumber(props.of.step!.lr.policy)} (policy) and ${formatNumber(props.of.step!.lr.value)} (value)`}
          rollout={props.rollout}
          rows={updateRows(props.rollout)}
        >
          <Updates of={props.of.step!} own={props.rollout.step!.update} />
        </Stage>
      </Show>
      <li class="small muted">
        {props.rollout.tokens.length} tokens; each row has a colour scale of its own, and a row’s
        name tells what it is.
      </li>
    </ol>
  );
}

/** β read back from a token that has a KL and no score. */
function klCoefOf({ rewards, logprobs, refLogprobs }: RolloutView): number | null {
  for (let t = 0; t < rewards.length - 1; t++) {
    const kl = logprobs[t]! - refLogprobs[t]!;
    if (Math.abs(kl) > 1e-3) return -rewards[t]! / kl;
  }
  return null;
}

const row = (label: string, meaning: string, values: readonly number[]): StepRow => ({
  label,
  meaning,
  values,
});

function Stage(props: {
  name: string;
  rule: string;
  rollout: RolloutView;
  rows: readonly StepRow[];
  children?: JSX.Element;
}) {
  // Rows are made anew with the response: the table is, too.
  const table = createMemo(() => ({ tokens: props.rollout.tokens, rows: props.rows }));
  return (
    <li>
      <h3>{props.name}</h3>
      <p class={styles['rule']}>{props.rule}</p>
      <Show when={table()} keyed>
        {(shown) => <HeatTable caption={props.name} tokens={shown.tokens} rows={shown.rows} />}
      </Show>
      {props.children}
    </li>
  );
}

const STATS = [
  ['policyLoss', 'loss/policy_avg'],
  ['valueLoss', 'loss/value_avg'],
  ['ptxLoss', 'loss/ptx_avg'],
  ['approxkl', 'policy/approxkl_avg'],
  ['clipfrac', 'policy/clipfrac_avg'],
  ['ratio', 'val/ratio'],
  ['policyGradNorm', 'grad_norm'],
] as const;

function Updates(props: { of: NonNullable<RolloutSet['step']>; own: number }) {
  return (
    <section class={styles['updates']} aria-label="Updates of this step" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">update</th>
            <For each={STATS}>
              {([, metric]) => (
                <th scope="col" data-number>
                  <MetricName name={metric} />
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.of.updates}>
            {(update, i) => (
              <tr>
                <th scope="row">
                  {i() + 1}
                  {i() + 1 === props.own ? ' (this response)' : ''}
                </th>
                <For each={STATS}>
                  {([name]) => <td data-number>{formatNumber(update[name])}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}
