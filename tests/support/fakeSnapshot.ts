/** What the fake lab tells of the experiment that is open, by the stages and steps that it has come to. */
import { STAGES, type Stage } from '../../src/config/stages';
import type { Access, Progress, RankingSubmission, Snapshot } from '../../src/lab/api';
import type { StudyResults } from '../../src/lab/studies_api';
import { FAKE_CALIBRATION } from './fakeCalibration';
import { fakeReport } from './fakeReport';
import type { Shelved } from './fakeShelf';
import { LENGTH, MODELS_OF, rowOf, TRAININGS_OF } from './fakeStages';
import { rolloutsOf, samplesOf } from './fakeTexts';

/** How far a stage is. */
export function progressOf({ steps }: Shelved, stage: Stage): Progress {
  const done = steps[stage] ?? 0;
  const secondsLeft = done > 3 ? (LENGTH - done) * 4 : null;
  return {
    stage,
    phase: `training ${stage}`,
    done,
    total: LENGTH,
    secondsLeft,
    tokensPerSecond: 2140,
  };
}

/** Rankings by simulated labelers, once there is a reward model, and by people. */
export function labelsOf(
  { stages }: Shelved,
  submissions: readonly RankingSubmission[],
): Snapshot['labels'] {
  const byLabeler: Record<string, number> =
    stages.reward === 'done'
      ? Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`simulated ${i + 1}`, 125]))
      : {};
  for (const { labeler, ranks } of submissions) {
    if (ranks) byLabeler[labeler] = (byLabeler[labeler] ?? 0) + 1;
  }
  return { byLabeler, pairs: Object.values(byLabeler).reduce((sum, n) => sum + 17 * n, 0) };
}

export function snapshotOf(
  now: Shelved,
  access: Access,
  studies: StudyResults,
  submissions: readonly RankingSubmission[],
): Snapshot {
  const { id, config, stages, steps } = now;
  const trainings = STAGES.flatMap((stage) =>
    steps[stage] ? TRAININGS_OF[stage].map((training) => ({ stage, training })) : [],
  );
  const active = STAGES.find((s) => stages[s] === 'running' || stages[s] === 'paused');
  return {
    id,
    access,
    config,
    stages: { ...stages },
    models: STAGES.flatMap((s) => (stages[s] === 'done' ? MODELS_OF[s] : [])),
    metrics: Object.fromEntries(
      trainings.map(({ stage, training }) => [
        training,
        Array.from({ length: steps[stage]! }, (_, i) => rowOf(training, i + 1)),
      ]),
    ),
    samples: Object.fromEntries(
      trainings.map(({ stage, training }) => [
        training,
        { step: steps[stage]!, samples: samplesOf(training) },
      ]),
    ),
    rollouts: steps.ppo ? rolloutsOf(steps.ppo) : null,
    calibration: stages.reward === 'done' ? FAKE_CALIBRATION : null,
    studies,
    labels: labelsOf(now, submissions),
    progress: active ? progressOf(now, active) : null,
    report: stages.base === 'done' ? fakeReport(stages) : null,
    log: [
      {
        level: 'info',
        message: 'The world of seed 7 is written: 2,000 demonstrations.',
        time: 1.79e12,
      },
    ],
  };
}
