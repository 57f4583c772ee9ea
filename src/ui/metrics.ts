/**
 * The glossary of metrics: what each logged name means, its formula and unit, and where the paper
 * has it. Names are those of TRL and of Ziegler et al. 2019 (LHP); charts, tables and hovers read
 * them here.
 */

export interface MetricText {
  /** What a reader sees. */
  readonly label: string;
  readonly meaning: string;
  readonly formula?: string;
  /** '' for a bare number. */
  readonly unit: string;
  /** Section of Ouyang et al. 2022 unless another source is named. */
  readonly source?: string;
}

const metric = (
  label: string,
  unit: string,
  meaning: string,
  formula?: string,
  source?: string,
): MetricText => ({
  label,
  unit,
  meaning,
  ...(formula === undefined ? {} : { formula }),
  ...(source === undefined ? {} : { source }),
});

export const METRICS: Readonly<Record<string, MetricText>> = {
  loss: metric(
    'Training loss',
    'nats a token',
    'Mean surprise at each target token of the batch.',
    '−1/N · Σ log p(token)',
  ),
  val_loss: metric(
    'Validation loss',
    'nats a token',
    'The same loss on texts that are never trained on.',
    '−1/N · Σ log p(token)',
  ),
  lr: metric('Learning rate', '', 'Size of the optimizer’s step, after warm-up and decay.'),
  grad_norm: metric(
    'Gradient norm',
    '',
    'Length of the whole gradient before it is clipped to 1.',
    '‖g‖₂',
  ),
  tokens_per_second: metric(
    'Speed',
    'tokens/s',
    'Tokens trained or sampled a second, padding not counted.',
  ),
  'reward/loss': metric(
    'Pairwise loss',
    'nats a pair',
    'How badly the scores order the labelers’ pairs; 0.693 is guessing.',
    '−1/P · Σ log σ(r_w − r_l)',
    '3.5, eq. 1',
  ),
  accuracy: metric(
    'Accuracy, training pairs',
    '0 to 1',
    'Share of the batch’s pairs that the scores put in the labeler’s order.',
    undefined,
    'A.2',
  ),
  val_accuracy: metric(
    'Accuracy, held-out pairs',
    '0 to 1',
    'Share of pairs of unseen prompts put in the labeler’s order.',
    undefined,
    '3.5: 72.4 ± 0.4 %',
  ),
  margin: metric(
    'Margin',
    '',
    'Mean difference between the better and the worse score.',
    'mean(r_w − r_l)',
  ),
  'objective/kl': metric(
    'KL from the reference',
    'nats a response',
    'How far the policy’s responses have moved from the SFT model they started from.',
    'mean Σₜ log π(yₜ) − log π_ref(yₜ)',
    '3.5',
  ),
  'objective/kl_coef': metric(
    'KL coefficient β',
    '',
    'Price of a nat of KL, in reward.',
    'β',
    '3.5',
  ),
  'objective/entropy': metric(
    'Entropy',
    'nats a response',
    'How open the policy’s choice of tokens still is; a fall to zero is a collapse.',
    'mean Σₜ −log π(yₜ)',
  ),
  'objective/scores': metric(
    'Reward (learned)',
    '',
    'Mean score of the reward model; what PPO is told to raise. 0 is an average demonstration.',
    'mean r(x, y)',
    '3.5',
  ),
  'objective/non_score_reward': metric(
    'KL penalty',
    '',
    'What the KL costs: negative once the policy moves.',
    '−β · Σₜ KLₜ',
  ),
  'objective/rlhf_reward': metric(
    'Total reward',
    '',
    'Score and penalty together: what PPO maximises.',
    'r(x, y) − β · KL',
  ),
  'policy/approxkl_avg': metric(
    'Update size',
    'nats',
    'How far one update moves the policy.',
    '½ · mean(Δ log π)²',
    'LHP',
  ),
  'policy/clipfrac_avg': metric(
    'Clipped, policy',
    '0 to 1',
    'Share of tokens whose probability ratio met the clip.',
    '|ρ − 1| > ε',
  ),
  'policy/entropy_avg': metric(
    'Token entropy',
    'nats a token',
    'Mean entropy of the policy’s next-token distribution.',
    '−Σ p log p',
  ),
  'loss/policy_avg': metric(
    'Policy loss',
    '',
    'PPO’s clipped objective, negated.',
    '−mean min(ρA, clip(ρ, 1±ε)A)',
    '3.5',
  ),
  'loss/value_avg': metric(
    'Value loss',
    '',
    'Squared error of the value model against the returns, clipped.',
    '½ · mean max((V−R)², (V_clip−R)²)',
    'LHP',
  ),
  'loss/ptx_avg': metric(
    'Pretraining loss',
    'nats a token',
    'Next-token loss on the corpus, mixed in to keep skills (PPO-ptx).',
    '−mean log π(x)',
    '3.5, eq. 2',
  ),
  'val/clipfrac_avg': metric(
    'Clipped, value',
    '0 to 1',
    'Share of value estimates that met the value clip.',
  ),
  'val/ratio': metric(
    'Ratio',
    '',
    'Mean probability ratio of new to old policy; stays near 1.',
    'π / π_old',
  ),
  'val/ratio_var': metric(
    'Ratio variance',
    '',
    'Variance of that ratio over the updates of an iteration.',
  ),
  'val/num_eos_tokens': metric(
    'Responses that end',
    '',
    'Responses of the batch that stop by themselves within the limit.',
  ),
  'val/var_explained': metric(
    'Variance explained',
    '',
    'How much of the returns the value model foresees; 1 is all.',
    '1 − var(R − V)/var(R)',
  ),
  true_reward: metric(
    'True reward',
    '0 to 1',
    'The world’s own noise-free judgement, which training never sees.',
  ),
  response_length: metric(
    'Response length',
    'tokens',
    'Mean tokens of a response, its end included.',
  ),
  tokens: metric(
    'Tokens',
    '',
    'Tokens that this training has gone through, padding counted; with PPO’s corpus windows.',
  ),
  seconds: metric('Time', 's', 'Seconds that the stage has run, pauses not counted.'),
  episode: metric('Episodes', '', 'Responses sampled so far.'),
};

/** The glossary's entry; a name that it does not know is shown as it is. */
export function metricText(name: string): MetricText {
  return (
    METRICS[name] ?? {
      label: name,
      meaning: 'A logged value without an entry in the glossary.',
      unit: '',
    }
  );
}
