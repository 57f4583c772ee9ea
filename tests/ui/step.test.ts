/** The step debugger's rows against the formulas of PPO, by hand. */
import { expect, test } from 'vitest';
import { lossRows, rewardRows, updateRows, valueRows } from '../../src/ui/rooms/step';

const rollout = {
  prompt: 'Q',
  tokens: ['a', 'b'],
  logprobs: [-1, -2],
  refLogprobs: [-1.5, -2],
  values: [0.5, 1],
  rewards: [-0.05, 1],
  advantages: [0.2, -0.1],
  score: 1,
  trueReward: null,
  step: {
    whitened: [1, -1],
    returns: [0.7, 0.9],
    logprobsAfter: [-1 + Math.log(1.5), -2 + Math.log(1.5)],
    valuesAfter: [1.5, 0.9],
    update: 1,
  },
};
const facts = {
  updates: [],
  lr: { policy: 1e-3, value: 1e-3 },
  cliprange: 0.2,
  cliprangeValue: 0.2,
  klCoef: 0.1,
};
const valuesOf = (rows: ReturnType<typeof rewardRows>) =>
  Object.fromEntries(rows.map(({ label, values }) => [label, values]));

test('the KL is the difference of the log-probabilities', () => {
  expect(valuesOf(rewardRows(rollout))).toEqual({ KL: [0.5, 0], reward: [-0.05, 1] });
});

test('a ratio beyond the clip counts as clipped where that is worse, else in full', () => {
  const rows = valuesOf(lossRows(rollout, facts));
  // −min(1.5·1, 1.2·1) and −min(1.5·−1, 1.2·−1).
  expect(rows['policy loss']![0]).toBeCloseTo(-1.2, 12);
  expect(rows['policy loss']![1]).toBeCloseTo(1.5, 12);
  // ½·max((1.5 − .7)², (.7 − .7)²) and ½·max(0, 0).
  expect(rows['value loss']![0]).toBeCloseTo(0.32, 12);
  expect(rows['value loss']![1]).toBeCloseTo(0, 12);
});

test('whitened advantages and returns are shown where the step was watched', () => {
  expect(valueRows(rollout).map(({ label }) => label)).toContain('whitened A');
  const { step: _, ...unwatched } = rollout;
  expect(valueRows(unwatched)).toHaveLength(2);
});

test('an update shows what it changed', () => {
  const [, policy, , value] = updateRows(rollout).map(({ values }) => values);
  expect(policy![0]).toBeCloseTo(Math.log(1.5), 12);
  expect(value![1]).toBeCloseTo(-0.1, 12);
});
