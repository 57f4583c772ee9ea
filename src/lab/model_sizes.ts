/** The study of model size: this experiment's models against those of another one in its town. */
import type { ExperimentConfig } from '../config/experiment';
import type { ModelName } from '../config/stages';
import { type StageContext, seedFor } from '../rlhf/context';
import { answersOf, COMPARED, type Family, parametersOf } from '../rlhf/model_sizes';
import { sameTown } from './inheritance';
import type { Floats, StoredModelSizes } from './parts';
import type { Session } from './session';
import type { ModelSizesRequest, Whose } from './studies_api';
import { answererOf } from './study_results';

/** The other experiment, as far as it is asked. */
export interface Opponent {
  readonly name: string;
  readonly config: ExperimentConfig;
  readonly models: readonly ModelName[];
  model(name: ModelName): Promise<Floats>;
  family(): Promise<Family>;
}

/** Answers of the reference's own SFT that all are held against, apart from those it is rated by. */
const FRESH = 'fresh';

/**
 * Runs it to its end or a pause, which keeps what has answered; one that had ended begins anew, since
 * models may have been trained meanwhile.
 * @throws in one sentence
 */
export async function runModelSizes(
  { experiment, material, judge }: Session,
  ctx: StageContext,
  opponent: Opponent,
  request: ModelSizesRequest,
  made: () => Promise<void>,
): Promise<void> {
  const { studies } = experiment.parts;
  if (!sameTown(experiment.record.config, opponent.config)) {
    throw new Error(
      `“${opponent.name}” lives in another town, whose questions these models do not know; compare with an experiment of the same size of town and seed.`,
    );
  }
  const { wins, request: before } = studies.modelSizes ?? {};
  if (wins !== null || JSON.stringify(before) !== JSON.stringify(request)) {
    studies.modelSizes = await begun(ctx, opponent, request);
  }
  const state = studies.modelSizes!;
  const prompts = material.world.prompts.test.slice(0, request.prompts).map(({ prompt }) => prompt);
  const own: Family = ctx;
  const families = { this: own, other: await opponent.family() };
  const models = { this: [...experiment.models.keys()], other: opponent.models };
  const load = async (whose: Whose, name: ModelName) =>
    whose === 'this' ? experiment.model(name) : opponent.model(name);
  const answerers = [
    { key: FRESH, whose: state.reference, writer: 'sft' as const },
    ...(['this', 'other'] as const).flatMap((whose) =>
      COMPARED.filter((writer) => models[whose].includes(writer)).map((writer) => ({
        key: answererOf(whose, writer),
        whose,
        writer,
      })),
    ),
  ];
  const seed = seedFor(ctx, 'modelSizes');
  for (const [at, { key, whose, writer }] of answerers.entries()) {
    ctx.progress('the models answer the test prompts', at, answerers.length);
    state.answers[key] ??= await answersOf(
      ctx,
      families[whose],
      await load(whose, writer),
      prompts,
      seed,
      at * prompts.length,
    );
    await made();
    await ctx.breathe();
  }
  const duels = (first: string, second: string) =>
    prompts
      .map((prompt, i) =>
        judge.duel(prompt, state.answers[first]![i]!, state.answers[second]![i]!, i),
      )
      .filter((win) => win !== null);
  const smaller = state.reference === 'this' ? 'other' : 'this';
  const [policy, base] = [answererOf(smaller, 'policy'), answererOf(state.reference, 'base')];
  state.wins = Object.fromEntries(answerers.slice(1).map(({ key }) => [key, duels(key, FRESH)]));
  if (state.answers[policy] && state.answers[base]) state.wins['headline'] = duels(policy, base);
}

async function begun(
  ctx: StageContext,
  opponent: Opponent,
  request: ModelSizesRequest,
): Promise<StoredModelSizes> {
  const { model } = await opponent.family();
  const parameters = { this: parametersOf(ctx.model), other: parametersOf(model) };
  const reference: Whose = parameters.this > parameters.other ? 'this' : 'other';
  return { request, name: opponent.name, parameters, reference, answers: {}, wins: null };
}
