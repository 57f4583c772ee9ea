/**
 * The stages in terms of an experiment: what each takes from it, and what it leaves there.
 * A stage that was paused goes on from its checkpoint; one that is done is done again only after
 * a reset.
 */
import type { Stage } from '../config/stages';
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import { trainBase } from '../rlhf/base';
import { calibrationOf } from '../rlhf/calibration';
import type { StageContext } from '../rlhf/context';
import { corpusLoss, evaluate } from '../rlhf/evaluate';
import { trainPpo } from '../rlhf/ppo';
import { labelAgreement, type Ranking, sampleTasks } from '../rlhf/rankings';
import { trainReward } from '../rlhf/reward';
import { accuracyOf, foldShift, pairMargins, Scorer } from '../rlhf/scorer';
import { mean } from '../rlhf/statistics';
import type { SkillExample } from '../text/world';
import type { LabEvent } from './api';
import type { Experiment, PersonalRanking } from './experiment';
import { type Judge, rankOnce, rankTwice } from './judge';
import type { Material } from './material';
import { showRollouts } from './rollout_views';
import { chosenSft, demonstrationsOf, runSft, sftTrunk } from './sft_stage';

type Floats = Float32Array<ArrayBuffer>;

export interface PipelineParts {
  readonly ctx: StageContext;
  readonly experiment: Experiment;
  readonly material: Material;
  readonly judge: Judge;
  readonly emit: (event: LabEvent) => void;
}

/** Prompts of the validation and of the held-out rankings, as a share of the training ones. */
const HELD_SHARE = 0.2;
/** Sequences that are scored at a time. */
const SCORED = 64;

export const RUN_STAGE: Readonly<Record<Stage, (parts: PipelineParts) => Promise<void>>> = {
  base: runBase,
  sft: runSft,
  reward: runReward,
  ppo: runPpo,
  evaluate: runEvaluate,
};

async function runBase({ ctx, experiment, material }: PipelineParts): Promise<void> {
  const floats = await trainBase(ctx, material.corpus, experiment.resumeFrom('base'));
  const { report } = experiment.record;
  const weights = Weights.from(ctx.gpu, layoutOf(ctx.model, 'lm'), 'base', floats as Floats);
  try {
    report.base = { val_loss: await corpusLoss(ctx, weights, material.corpus.val) };
  } finally {
    ctx.gpu.free(weights.arena);
  }
  const tokens = ctx.settings['base.tokens'];
  const seconds = experiment.parts.metrics.base?.at(-1)?.seconds;
  if (seconds) report.tokens_per_second.train = tokens / seconds;
  experiment.setModel('base', floats as Floats);
}

/** Samples what is ranked, and lets the simulated labelers rank it; done once an experiment. */
async function gatherRankings({ ctx, experiment, material, judge, emit }: PipelineParts) {
  const { parts } = experiment;
  if (parts.rankings.heldout) return;
  const { rankingPrompts } = material.world;
  const models = { sft: sftTrunk(experiment), base: experiment.model('base') };
  const texts = (prompts: readonly { prompt: string }[]) => prompts.map(({ prompt }) => prompt);
  const train = texts(rankingPrompts.train).slice(0, ctx.settings['data.ranked_prompts']);
  // People may have ranked some already: those tasks stay as they were shown.
  const there = parts.tasks.length;
  // A model that runs on into a new question may hit one that it is tested with.
  const unwanted = (completion: string) => material.quotesEvaluation(completion);
  const more = await sampleTasks(ctx, train.slice(there), models, there, { unwanted });
  const tasks = [...parts.tasks, ...more];
  const held = Math.max(8, Math.ceil(ctx.settings['data.ranked_prompts'] * HELD_SHARE));
  const some = (prompts: readonly { prompt: string }[]) => texts(prompts).slice(0, held);
  const val = await sampleTasks(ctx, some(rankingPrompts.val), models, 1_000_000, {
    phase: 'sampling validation completions',
  });
  const heldout = await sampleTasks(ctx, some(rankingPrompts.heldout), models, 2_000_000, {
    phase: 'sampling held-out completions',
  });
  parts.tasks = tasks;
  parts.rankings = {
    train: rankOnce(judge, tasks),
    val: rankTwice(judge, judge.training, val),
    heldout: rankTwice(judge, judge.heldout, heldout),
  };
  await experiment.save('tasks', 'rankings');
  emit({ type: 'labels', counts: labelCounts(experiment) });
}

/** A person's ranking with its completions in the task's order again; null where it was skipped. */
export function rankingOf(personal: PersonalRanking): Ranking | null {
  const { task, order, ranks, likert, flags, labeler } = personal;
  if (!ranks) return null;
  const back = <Value>(values: readonly Value[]) => {
    const unshuffled = new Array<Value>(values.length);
    order.forEach((index, shown) => {
      unshuffled[index] = values[shown]!;
    });
    return unshuffled;
  };
  return {
    prompt: task.prompt,
    completions: task.completions,
    ranks: back(ranks),
    likert: back(likert).map((value) => value ?? 4),
    flags: back(flags),
    labeler,
  };
}

/**
 * All training rankings: simulated, people's in this page, and imported ones. Second showings of
 * an item are left out.
 */
export function trainingRankings({ parts }: Experiment): Ranking[] {
  const personal = parts.personal
    .filter(({ again }) => !again)
    .map(rankingOf)
    .filter((ranking) => ranking !== null);
  return [...(parts.rankings.train ?? []), ...personal, ...parts.imported];
}

export function labelCounts(experiment: Experiment) {
  // A name may be one that every object has, such as 'constructor'.
  const items = new Map<string, number>();
  let pairs = 0;
  for (const { labeler, ranks } of trainingRankings(experiment)) {
    items.set(labeler, (items.get(labeler) ?? 0) + 1);
    for (let i = 0; i < ranks.length; i++) {
      for (let j = 0; j < i; j++) if (ranks[i] !== ranks[j]) pairs++;
    }
  }
  return { byLabeler: Object.fromEntries(items), pairs };
}

/**
 * What the reward model learns from, held fast when its training begins: what people rank meanwhile
 * must not make a resumed training another one.
 */
async function frozenRankings(experiment: Experiment): Promise<Ranking[]> {
  experiment.parts.rewardRankings ??= trainingRankings(experiment);
  await experiment.save('rewardRankings');
  return experiment.parts.rewardRankings;
}

async function runReward(run: PipelineParts): Promise<void> {
  const { ctx, experiment, material } = run;
  await gatherRankings(run);
  const rankings = await frozenRankings(experiment);
  const { val = [], heldout = [] } = experiment.parts.rankings;
  const glance = val.slice(0, 100);
  const layout = layoutOf(ctx.model, 'score');
  const scoring = async <Result>(weights: Weights, use: (scorer: Scorer) => Promise<Result>) => {
    const scorer = await Scorer.make(ctx.gpu, weights, ctx.tokenizer, SCORED);
    try {
      return await use(scorer);
    } finally {
      scorer.free();
    }
  };
  const trained = await trainReward(
    ctx,
    sftTrunk(experiment),
    rankings,
    async (weights) => accuracyOf(await scoring(weights, (scorer) => pairMargins(scorer, glance))),
    experiment.resumeFrom('reward'),
  );
  const weights = Weights.from(ctx.gpu, layout, 'reward', trained);
  try {
    ctx.progress('measuring the reward model', 0, 4);
    const demonstrations = demonstrationsOf(experiment, material);
    const bias = mean(await scoring(weights, (scorer) => scorer.rewards(demonstrations)));
    const folded = foldShift(layout, trained, bias);
    ctx.gpu.write(weights.arena, folded);
    const margins = (of: readonly Ranking[]) =>
      scoring(weights, (scorer) => pairMargins(scorer, of));
    const held = { val: await margins(val), heldout: await margins(heldout) };
    experiment.parts.calibration = {
      val: calibrationOf(held.val),
      heldout: calibrationOf(held.heldout),
    };
    experiment.record.report.reward = {
      train_accuracy: accuracyOf(await margins(rankings)),
      val_accuracy: accuracyOf(held.val),
      heldout_labeler_accuracy: accuracyOf(held.heldout),
      label_agreement: labelAgreement(val),
    };
    const chosen = await chosenSft(ctx, experiment, material, folded);
    experiment.setModel('reward', folded);
    experiment.parts.rewardRankings = null;
    if (!chosen) return;
    experiment.setModel('sft', chosen.weights);
    experiment.record.report.sft = { val_loss: chosen.valLoss };
  } finally {
    ctx.gpu.free(weights.arena);
  }
}

async function runPpo({ ctx, experiment, material, judge, emit }: PipelineParts): Promise<void> {
  const { parts } = experiment;
  const prompts = material.world.prompts.train
    .slice(0, ctx.settings['data.prompts'])
    .map(({ prompt }) => prompt);
  const outputs = await trainPpo(
    ctx,
    {
      sft: experiment.model('sft_for_rl'),
      reward: experiment.model('reward'),
      prompts,
      corpus: material.corpus,
      judge: (prompt, completion) => judge.assess(prompt, completion)?.trueReward ?? null,
      onBatch: (batch) => {
        parts.lastBatch = batch;
        parts.rollouts = showRollouts(batch, material);
        emit({ type: 'rollouts', ...parts.rollouts });
      },
    },
    experiment.resumeFrom('ppo'),
  );
  experiment.setModel('policy', outputs.policy);
  experiment.setModel('policy_raw', outputs.policyRaw);
  experiment.setModel('value', outputs.value);
  const rows = parts.metrics.ppo ?? [];
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return;
  experiment.record.report.ppo = {
    reward_before: first['objective/scores']!,
    reward_after: last['objective/scores']!,
    kl: last['objective/kl']!,
    true_reward_before: first['true_reward']!,
    true_reward_after: last['true_reward']!,
  };
}

/** The skill items in use: as many of each skill as the setting allows. */
export function skillItems(experiment: Experiment, { world }: Material): SkillExample[] {
  const { skillsTest } = world;
  const skills = [...new Set(skillsTest.map(({ skill }) => skill))];
  const each = Math.ceil(experiment.record.config.settings['evaluate.skills'] / skills.length);
  return skills.flatMap((name) => skillsTest.filter(({ skill }) => skill === name).slice(0, each));
}

async function runEvaluate({ ctx, experiment, material, judge }: PipelineParts): Promise<void> {
  const { world, corpus } = material;
  const started = performance.now();
  const evaluation = await evaluate(ctx, {
    models: {
      base: experiment.model('base'),
      sft: experiment.model('sft'),
      sft_for_rl: experiment.model('sft_for_rl'),
      policy: experiment.model('policy'),
    },
    prompts: world.prompts.test
      .slice(0, ctx.settings['evaluate.prompts'])
      .map(({ prompt }) => prompt),
    skills: skillItems(experiment, material),
    corpusVal: corpus.val,
    assess: (prompt, completion) => judge.assess(prompt, completion),
    duel: (prompt, first, second, index) => judge.duel(prompt, first, second, index),
  });
  experiment.parts.evaluation = [...evaluation.rows];
  const { report } = experiment.record;
  // An imported base model was not measured by its stage.
  report.base ??= { val_loss: evaluation.pretrainValLoss.base };
  report.evaluate = {
    ...evaluation.means,
    win_rate_vs_sft: {
      ...evaluation.win,
      judge: 'held-out simulated labelers',
      opponent: 'sft_for_rl',
    },
    skills: evaluation.skills,
    pretrain_val_loss: evaluation.pretrainValLoss,
  };
  ctx.log(`Evaluated in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}
