/** The study of model size: this experiment's models against those of another one in its town. */
import type { ExperimentConfig } from '../config/experiment';
import type { ModelName } from '../config/stages';
import { type StageContext, seedFor } from '../rlhf/context';
import { answersOf, COMPARED, type Family, parametersOf } from '../rlhf/model_sizes';
import { sameTown } from './inheritance';
import type { Floats, StoredModelSizes } from './parts';
import type { Session } from './session';
import type { ModelSizesRequest, Whose } from './studies_api';
import { answererOf, WHOSE } from './study_results';

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
  if (!(Number.isInteger(request.prompts) && request.prompts > 0)) {
    throw new Error(`Sizes are compared on one test prompt or more, not ${request.prompts}.`);
  }
  const families = { this: ctx as Family, other: await opponent.family() };
  const before = studies.modelSizes;
  const goesOn =
    before?.wins === null && JSON.stringify(before.request) === JSON.stringify(request);
  const state = goesOn ? before : begun(families, opponent.name, request);
  studies.modelSizes = state;
  const prompts = material.world.prompts.test.slice(0, request.prompts).map(({ prompt }) => prompt);
  const models = { this: [...experiment.models.keys()], other: opponent.models };
  const load = async (whose: Whose, name: ModelName) =>
    whose === 'this' ? experiment.model(name) : opponent.model(name);
  // Each has its own stretch of the seed's random numbers, whichever of the others there are.
  const answerers = [
    { key: FRESH, whose: state.reference, writer: 'sft' as const },
    ...WHOSE.flatMap((whose) =>
      COMPARED.map((writer) => ({ key: answererOf(whose, writer), whose, writer })),
    ),
  ]
    .map((one, at) => ({ ...one, sequence: at * prompts.length }))
    .filter(({ whose, writer }) => models[whose].includes(writer));
  const seed = seedFor(ctx, 'modelSizes');
  for (const [at, { key, whose, writer, sequence }] of answerers.entries()) {
    ctx.progress('the models answer the test prompts', at, answerers.length);
    state.answers[key] ??= await answersOf(
      ctx,
      families[whose],
      await load(whose, writer),
      prompts,
      seed,
      sequence,
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

function begun(
  families: Readonly<Record<Whose, Family>>,
  name: string,
  request: ModelSizesRequest,
): StoredModelSizes {
  const parameters = {
    this: parametersOf(families.this.model),
    other: parametersOf(families.other.model),
  };
  const reference = parameters.this > parameters.other ? 'this' : 'other';
  return { request, name, parameters, reference, answers: {}, wins: null };
}
