/** Trying models out: samples of any prompt, and a typed answer's reward token by token. */
import type { Writer as WriterName } from '../config/stages';
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import type { StageContext } from '../rlhf/context';
import { type Scorer, scoredIds } from '../rlhf/scorer';
import { Writer } from '../rlhf/texts';
import type { Sample } from './api';
import type { Experiment } from './experiment';
import type { Judge } from './judge';
import { withScorer } from './scoring';

export async function sampleAnswers(
  ctx: StageContext,
  experiment: Experiment,
  judge: Judge,
  request: {
    model: WriterName;
    prompts: readonly string[];
    temperature: number;
    seed: number;
    maxTokens?: number;
  },
): Promise<Sample[]> {
  const { prompts, model } = request;
  if (prompts.length === 0) return [];
  const positions = ctx.model.n_positions;
  const R = Math.min(request.maxTokens ?? ctx.settings['ppo.response_length'], positions - 1);
  const ids = prompts.map((prompt) => ctx.tokenizer.encode(prompt).slice(-(positions - R)));
  const empty = ids.findIndex((tokens) => tokens.length === 0);
  if (empty >= 0) throw new Error('The prompt is empty; write something to answer.');
  const P = Math.max(...ids.map((tokens) => tokens.length));
  const layout = layoutOf(ctx.model, 'lm');
  const weights = Weights.from(ctx.gpu, layout, model, experiment.model(model));
  try {
    const shape = { B: Math.min(64, prompts.length), P, R };
    const writer = await Writer.make(ctx.gpu, weights, ctx.tokenizer, shape, request.temperature);
    try {
      const answers = await writer.answers(ids, request.seed);
      const texts = answers.map(({ completion }, i) => ({ prompt: prompts[i]!, completion }));
      const rewards = experiment.models.has('reward')
        ? await rewardModel(ctx, experiment, (scorer) => scorer.rewards(texts))
        : undefined;
      return texts.map(({ prompt, completion }, i): Sample => {
        const assessment = judge.assess(prompt, completion);
        return {
          model,
          prompt,
          completion,
          ...(rewards ? { reward: rewards[i]! } : {}),
          ...(assessment
            ? { trueReward: assessment.trueReward, explanations: assessment.explanations }
            : {}),
        };
      });
    } finally {
      writer.free();
    }
  } finally {
    ctx.gpu.free(weights.arena);
  }
}

const rewardModel = <Result>(
  ctx: StageContext,
  experiment: Experiment,
  use: (scorer: Scorer) => Promise<Result>,
): Promise<Result> => withScorer(ctx, experiment.model('reward'), 8, use);

/** Rewards of whole answers (normalised), in their order. */
export async function scoreTexts(
  ctx: StageContext,
  experiment: Experiment,
  texts: readonly { prompt: string; completion: string }[],
): Promise<number[]> {
  return texts.length === 0 ? [] : rewardModel(ctx, experiment, (s) => s.rewards(texts));
}

/** The normalised reward after each token of the answer (end-of-text last). */
export async function scoreAnswer(
  ctx: StageContext,
  experiment: Experiment,
  judge: Judge,
  prompt: string,
  completion: string,
) {
  const T = ctx.model.n_positions;
  const length = ctx.tokenizer.encode(prompt).length + ctx.tokenizer.encode(completion).length + 1;
  if (length > T) {
    throw new Error(
      `Prompt and answer are ${length} tokens with end-of-text; the model holds ${T}. Shorten the answer.`,
    );
  }
  const ids = scoredIds(ctx.tokenizer, prompt, completion, T);
  const rows = await rewardModel(ctx, experiment, (scorer) =>
    scorer.rows([{ prompt, completion }]),
  );
  const from = ctx.tokenizer.encode(prompt).length;
  const assessment = judge.assess(prompt, completion);
  return {
    tokens: ids.slice(from).map((id) => ctx.tokenizer.decode([id])),
    rewards: Array.from(rows[0]!.subarray(from)),
    trueReward: assessment?.trueReward ?? null,
    explanations: assessment?.explanations ?? [],
  };
}
