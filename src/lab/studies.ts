/**
 * Runs the studies on an open experiment. What is done is kept as it comes: a pause, and an error,
 * keep it, and the same request goes on from there. All of it is a function of the experiment's seed.
 */
import { layoutOf } from '../nn/layout';
import { sampleBestOfN } from '../rlhf/best_of_n_samples';
import { Paused, type StageContext, seedFor } from '../rlhf/context';
import { accuracyOverPrompts, FEW, rankingsOfShare, SHARES } from '../rlhf/label_curve';
import { labelAgreement, type Ranking } from '../rlhf/rankings';
import { trainReward } from '../rlhf/reward';
import { foldShift, pairMargins } from '../rlhf/scorer';
import { mean } from '../rlhf/statistics';
import { orderedPairs } from '../text/datasets/comparisons';
import type { LabEvent } from './api';
import { type Opponent, runModelSizes } from './model_sizes';
import type { Floats, StoredBestOfN, StoredLabelCurve } from './parts';
import { trainingRankings } from './pipeline';
import { withScorer } from './scoring';
import type { Session } from './session';
import { demonstrationsOf, sftTrunk } from './sft_stage';
import type { BestOfNRequest, LabelPoint, StudyName, StudyRequest } from './studies_api';
import { studyResults } from './study_results';

const SCORED = 64;
/** Results are stored this often while a study runs, in ms. */
const STORE_MS = 20_000;

interface Run {
  readonly session: Session;
  readonly ctx: StageContext;
  /** Tells and stores what there is. */
  readonly made: () => Promise<void>;
}

/** Runs a study to its end or to a pause. @throws in one sentence when it cannot be */
export async function runStudy(
  session: Session,
  context: StageContext,
  emit: (event: LabEvent) => void,
  request: StudyRequest,
  /** Another experiment, by its id. */
  opponent: (id: string) => Promise<Opponent>,
): Promise<void> {
  const { experiment } = session;
  const { parts } = experiment;
  let stored = performance.now();
  const made = async () => {
    const results = studyResults(parts.studies, parts.metrics.ppo ?? []);
    emit({ type: 'studies', results });
    if (performance.now() - stored < STORE_MS) return;
    stored = performance.now();
    await experiment.save('studies');
  };
  const run: Run = { session, ctx: studyContext(context, request.study, emit), made };
  try {
    if (request.study === 'best_of_n') await runBestOfN(run, request);
    else if (request.study === 'label_curve') await runLabelCurve(run);
    else {
      await runModelSizes(session, run.ctx, await opponent(request.other), request, made);
    }
  } catch (cause) {
    if (!(cause instanceof Paused)) throw cause;
  } finally {
    emit({ type: 'study', progress: null });
    stored = Number.NEGATIVE_INFINITY;
    await made();
  }
}

/** A stage's context whose numbers go to the study: no metrics, no checkpoints, a pause unwinds. */
function studyContext(
  ctx: StageContext,
  study: StudyName,
  emit: (event: LabEvent) => void,
): StageContext {
  let phase = '';
  let began = { time: 0, share: 0 };
  return {
    ...ctx,
    progress: (name, done, total) => {
      const now = performance.now();
      const share = done / total;
      if (name !== phase) began = { time: now, share };
      phase = name;
      const seconds = (now - began.time) / 1000;
      const secondsLeft =
        share > began.share && seconds > 1 ? (seconds * (1 - share)) / (share - began.share) : null;
      emit({ type: 'study', progress: { study, phase, share, secondsLeft } });
    },
    sampled: () => {},
    metrics: () => {},
    boundary: async () => {
      await ctx.breathe();
      return false;
    },
  };
}

async function runBestOfN({ session, ctx, made }: Run, request: BestOfNRequest): Promise<void> {
  const { experiment, material, judge } = session;
  const { studies } = experiment.parts;
  const { samples: N } = request;
  if (!(Number.isInteger(N) && N >= 4 && N <= 1024)) {
    throw new Error(`Best of n takes 4 to 1024 samples a prompt, not ${N}.`);
  }
  const policy = experiment.model('sft_for_rl');
  const reward = experiment.model('reward');
  const all = material.world.prompts.test.map(({ prompt }) => prompt);
  const prompts = all.slice(0, request.prompts);
  if (JSON.stringify(studies.bestOfN?.request) !== JSON.stringify(request)) {
    studies.bestOfN = begunBestOfN(
      request,
      (request.few ? [1, FEW] : [1]).map((share) => countPrompts(shareOf(ctx, session, share))),
    );
  }
  const state = studies.bestOfN!;
  if (state.truth.length === prompts.length * N) return;
  if (request.few && !state.few) {
    state.few = await trainOn(ctx, session, shareOf(ctx, session, FEW));
  }
  await sampleBestOfN(ctx, {
    policy,
    rewards: state.few ? [reward, state.few] : [reward],
    prompts,
    N,
    from: state.truth.length / N,
    assess: (prompt, completion) => judge.assess(prompt, completion)?.trueReward ?? null,
    done: async (_, learned, truth) => {
      state.learned = state.learned.map((values, i) => joined(values, learned[i]!));
      state.truth = joined(state.truth, truth);
      await made();
    },
  });
  // What it was needed for is done.
  state.few = null;
}

const begunBestOfN = (request: BestOfNRequest, labels: readonly number[]): StoredBestOfN => ({
  request,
  labels,
  learned: labels.map(() => new Float32Array()),
  truth: new Float32Array(),
  few: null,
});

function joined(before: Float32Array, more: Float32Array): Float32Array {
  const all = new Float32Array(before.length + more.length);
  all.set(before);
  all.set(more, before.length);
  return all;
}

async function runLabelCurve({ session, ctx, made }: Run): Promise<void> {
  const { experiment } = session;
  const { studies, rankings } = experiment.parts;
  const { val = [], heldout = [] } = rankings;
  const whole = experiment.model('reward');
  const ranked = trainingRankings(experiment).length;
  // With other rankings the shares are others.
  if (studies.labelCurve?.ranked !== ranked) {
    const agreement = { val: labelAgreement(val), heldout: labelAgreement(heldout) };
    studies.labelCurve = { ranked, points: [], agreement } satisfies StoredLabelCurve;
  }
  const state = studies.labelCurve!;
  for (const share of [...SHARES].reverse()) {
    if (state.points.some((point) => point.share === share)) continue;
    const some = shareOf(ctx, session, share);
    const floats = share === 1 ? whole : await trainOn(ctx, session, some);
    const point = await withScorer(ctx, floats, SCORED, async (scorer): Promise<LabelPoint> => {
      const accuracy = async (held: readonly Ranking[]) =>
        accuracyOverPrompts(held, await pairMargins(scorer, held));
      return {
        share,
        prompts: countPrompts(some),
        pairs: some.reduce((sum, { ranks }) => sum + orderedPairs(ranks).length, 0),
        val: await accuracy(val),
        heldout: await accuracy(heldout),
      };
    });
    state.points = [...state.points, point];
    await made();
  }
}

const countPrompts = (rankings: readonly Ranking[]) =>
  new Set(rankings.map(({ prompt }) => prompt)).size;

const shareOf = (ctx: StageContext, { experiment }: Session, share: number) =>
  rankingsOfShare(trainingRankings(experiment), share, seedFor(ctx, 'labelShares'));

/** A reward model as the experiment's own is trained, on these rankings; normalised alike. */
async function trainOn(
  ctx: StageContext,
  { experiment, material }: Session,
  rankings: readonly Ranking[],
): Promise<Floats> {
  const phase = `training a reward model on ${countPrompts(rankings)} prompts`;
  const quiet: StageContext = {
    ...ctx,
    progress: (_, done, total) => ctx.progress(phase, done, total),
  };
  const trunk = sftTrunk(experiment);
  const trained = await trainReward(quiet, trunk, rankings, async () => Number.NaN);
  const demonstrations = demonstrationsOf(experiment, material);
  const rewards = await withScorer(ctx, trained, SCORED, (scorer) =>
    scorer.rewards(demonstrations),
  );
  return foldShift(layoutOf(ctx.model, 'score'), trained, mean(rewards));
}
