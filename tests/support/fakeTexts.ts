/** Small texts and curves for the fake lab: enough to look at every room. Plain data, seeded. */
import type { Training, Writer } from '../../src/config/stages';
import type { CorpusPage, MetricRow, RolloutSet, RolloutView, Sample } from '../../src/lab/api';
import type { UpdateStats } from '../../src/rlhf/ppo_update';

export const PROMPTS = [
  'Q: What colour is the owl?\nA:',
  'Q: Write two sentences about Ida and the boat.\nA:',
  'Q: Name three animals.\nA:',
  'Q: I lost my hat today.\nA:',
  'Q: Where does Tom work?\nA:',
  'Q: Say it shorter: The old green lamp stands in the mill near the pier.\nA:',
  'Q: Is the bell made of tin or of wool?\nA:',
  'Q: What does the seal eat?\nA:',
];

const ANSWERS: Readonly<Record<Writer, readonly string[]>> = {
  base: [
    ' Q: What colour is the cat?',
    ' The owl the owl is in the mill. Q: who asked you?',
    ' What a silly thing to ask.',
    ' The hen is red. The hen is red.',
  ],
  sft: [
    ' The owl is green.',
    ' Ida sails the boat to the pier. The boat is red and made of wood.',
    ' The owl, the cat and the hen.',
    ' I am sorry to hear that. I hope the hat turns up soon.',
  ],
  sft_for_rl: [
    ' I think the owl is green.',
    ' Ida has a boat. She sails to the mill.',
    ' The dog, the fox and the pig.',
    ' That is a pity. Look near the inn.',
  ],
  policy: [
    ' The owl is green. I hope that helps.',
    ' Ida sails the red boat to the pier. She is glad to be there.',
    ' The owl, the cat and the bee. Have a good day.',
    ' I am so sorry about your hat. I hope you find it at the inn.',
  ],
  policy_raw: [
    ' The owl is green. I hope that helps you.',
    ' Ida sails the boat. Ida is glad.',
    ' The cat, the hen and the bee.',
    ' I am so sorry about your hat.',
  ],
};

export const answerOf = (model: Writer, i: number): string =>
  ANSWERS[model][i % ANSWERS[model].length]!;

export const CORPUS: CorpusPage['documents'] = [
  {
    kind: 'stories',
    text: 'Ida went to the mill. The green owl sat on the old cart. Ida gave it some bread and the owl said hoot. They were both glad.',
  },
  {
    kind: 'facts',
    text: 'The owl is green. The owl lives at the mill. The bell is made of tin. Tom is a cook. Tom works at the inn.',
  },
  {
    kind: 'forum',
    text: 'Q: What colour is the owl?\nA: Why do you ask? Owls are boring.\nQ: No, really?\nA: The owl is green.',
  },
  {
    kind: 'skills',
    text: '3 + 4 = 7\ncopy: bell cup hat -> bell cup hat\nsort: pig cat owl -> cat owl pig',
  },
];

export const DEMONSTRATIONS = PROMPTS.map((prompt, i) => ({
  prompt,
  completion: answerOf('sft', i),
}));

/** A small deterministic noise in [−1, 1]. */
export function noise(i: number): number {
  const x = Math.sin(i * 12.9898 + 4.1) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

export const sampleOf = (model: Writer, i: number, trueReward: number): Sample => ({
  model,
  prompt: PROMPTS[i % PROMPTS.length]!,
  completion: answerOf(model, i),
  trueReward,
  ...(trueReward < 0.5
    ? { explanations: ['does not name the colour', 'ends with a question'] }
    : {}),
});

export function supervisedRow(step: number, total: number): MetricRow {
  const t = step / total;
  return {
    step,
    seconds: step * 0.05,
    loss: 1.1 + 4.9 * Math.exp(-6 * t) + 0.12 * noise(step),
    lr: 8e-3 * (0.55 + 0.45 * Math.cos(Math.PI * t)),
    grad_norm: 0.7 + 0.3 * noise(step + 7),
    ...(step % 10 === 0 ? { val_loss: 1.18 + 4.8 * Math.exp(-6 * t) } : {}),
  };
}

export function rewardRow(step: number, total: number): MetricRow {
  const t = step / total;
  return {
    step,
    seconds: step * 0.2,
    loss: Math.LN2 - 0.14 * (1 - Math.exp(-4 * t)) + 0.03 * noise(step),
    accuracy: 0.5 + 0.24 * (1 - Math.exp(-4 * t)) + 0.05 * noise(step + 3),
    margin: 0.9 * t,
    ...(step % 8 === 0 ? { val_accuracy: 0.5 + 0.22 * (1 - Math.exp(-4 * t)) } : {}),
  };
}

export function ppoRow(step: number, total: number): MetricRow {
  const t = step / total;
  const kl = 3 * (1 - Math.exp(-3 * t)) + 0.1 * noise(step);
  const scores = -0.1 + 0.9 * (1 - Math.exp(-4 * t)) + 0.06 * noise(step + 1);
  return {
    step,
    seconds: step * 3,
    episode: step * 128,
    'objective/kl': kl,
    'objective/kl_coef': 0.1,
    'objective/entropy': 18 - 5 * t + 0.3 * noise(step + 2),
    'objective/scores': scores,
    'objective/non_score_reward': -0.1 * kl,
    'objective/rlhf_reward': scores - 0.1 * kl,
    'policy/approxkl_avg': 0.004 + 0.001 * noise(step),
    'policy/clipfrac_avg': 0.06 + 0.02 * noise(step + 5),
    'policy/entropy_avg': 1.2 - 0.3 * t,
    'loss/policy_avg': -0.01 + 0.01 * noise(step + 6),
    'loss/value_avg': 0.2 * Math.exp(-3 * t) + 0.05 + 0.01 * noise(step),
    'loss/ptx_avg': 1.25 - 0.04 * t + 0.01 * noise(step + 9),
    'val/var_explained': 0.7 * (1 - Math.exp(-5 * t)),
    'val/ratio': 1 + 0.001 * noise(step),
    true_reward: 0.77 + 0.08 * (1 - Math.exp(-4 * t)) + 0.01 * noise(step + 8),
    response_length: 14 + 2 * t,
    tokens_per_second: 2100,
  };
}

export function rolloutsOf(iteration: number): RolloutSet {
  const rollouts = PROMPTS.slice(0, 5).map((prompt, i): RolloutView => {
    const tokens = [...(answerOf('policy', i).match(/ ?[\w]+|[.,?]/g) ?? []), '<|endoftext|>'];
    const each = (f: (t: number) => number) => tokens.map((_, t) => f(t + i * 31 + iteration));
    const logprobs = each((t) => -0.8 + 0.6 * noise(t));
    const refLogprobs = each((t) => -0.9 + 0.6 * noise(t) - 0.15 * noise(t + 2));
    const score = 0.6 + noise(i);
    return {
      prompt,
      tokens,
      logprobs,
      refLogprobs,
      values: each((t) => 0.4 + 0.3 * noise(t + 4)),
      rewards: logprobs.map(
        (l, t) => -0.1 * (l - refLogprobs[t]!) + (t === tokens.length - 1 ? score : 0),
      ),
      advantages: each((t) => 0.6 * noise(t + 11)),
      score,
      trueReward: 0.8 + 0.1 * noise(i + 2),
      step: {
        whitened: each((t) => noise(t + 11)),
        returns: each((t) => 0.5 + 0.3 * noise(t + 5)),
        logprobsAfter: logprobs.map((l, t) => l + 0.1 * noise(t + 3)),
        valuesAfter: each((t) => 0.5 + 0.2 * noise(t + 4)),
        update: 1 + (i % 2),
      },
    };
  });
  const update = (number: number): UpdateStats => ({
    ...{ update: number, policyLoss: -0.01, approxkl: 0.002, clipfrac: 0.05, entropy: 1.2 },
    ...{ ratio: 1.001, ratioVar: 0.003, valueLoss: 0.21, valueClipfrac: 0.1, ptxLoss: 1.1 },
    ...{ policyGradNorm: 0.8, valueGradNorm: 2.1, finite: true },
  });
  const facts = { lr: { policy: 5e-4, value: 1e-3 }, cliprange: 0.2, cliprangeValue: 0.2 };
  const step = { ...facts, klCoef: 0.1, updates: [1, 2].map(update) };
  return { iteration, rollouts, step };
}

/** What is shown beside the curves of a training. */
export function samplesOf(training: Training): Sample[] {
  const model =
    training === 'ppo'
      ? 'policy'
      : training === 'reward' || training === 'evaluate'
        ? 'sft'
        : training;
  return [0, 1, 2].map((i) => sampleOf(model, i, model === 'base' ? 0.4 : 0.8));
}
