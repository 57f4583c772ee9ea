/** Schemas of what an experiment stores, part by part; further fields pass through. */
import * as v from 'valibot';
import { MODELS, STAGES, TRAININGS, WRITERS } from '../config/stages';
import type { Parts } from './parts';

/** NaN and infinities are numbers here: a metric may be one. */
const number = v.custom<number>((value) => typeof value === 'number', 'a number');
const whole = v.pipe(v.number(), v.integer());
const strings = v.array(v.string());
const floats = v.instance(Float32Array);
const ints = v.instance(Int32Array);
const of = <Key extends string, Entry extends v.GenericSchema>(
  keys: readonly Key[],
  entry: Entry,
) => v.record(v.picklist(keys), entry);

const parent = v.looseObject({
  id: v.string(),
  name: v.string(),
  changes: v.array(
    v.looseObject({
      key: v.string(),
      from: v.union([v.number(), v.boolean(), v.string()]),
      to: v.union([v.number(), v.boolean(), v.string()]),
    }),
  ),
  models: v.array(v.picklist(MODELS)),
});

const STATUSES = ['missing', 'ready', 'running', 'paused', 'done', 'failed'] as const;
const stageEntries = Object.fromEntries(STAGES.map((stage) => [stage, v.picklist(STATUSES)]));

export const recordSchema = v.looseObject({
  version: v.optional(whole),
  id: v.pipe(v.string(), v.regex(/^[\w-]+$/, 'an identifier')),
  name: v.string(),
  created: number,
  used: v.optional(number),
  config: v.looseObject({}),
  stages: v.object(stageEntries),
  report: v.looseObject({
    seconds: v.record(v.string(), number),
    memory: v.looseObject({ estimated_bytes: number, peak_bytes: number }),
    tokens_per_second: v.looseObject({ train: number, sample: number }),
  }),
  notes: v.optional(v.string()),
  parent: v.optional(parent),
  origin: v.optional(v.string()),
  made: v.optional(of(MODELS, number)),
  removed: v.optional(number),
});

const task = v.looseObject({
  prompt: v.string(),
  completions: strings,
  writers: v.array(v.picklist(WRITERS)),
});
const likert = v.array(v.nullable(number));
const flags = v.array(strings);
const ranking = v.looseObject({
  prompt: v.string(),
  completions: strings,
  ranks: v.array(number),
  likert,
  flags,
  labeler: v.string(),
});
const sample = v.looseObject({ model: v.string(), prompt: v.string(), completion: v.string() });
const demonstration = v.looseObject({ prompt: v.string(), completion: v.string() });
const calibration = v.looseObject({
  bins: v.array(v.looseObject({ predicted: number, observed: number, n: whole })),
  error: number,
  n: whole,
});
const shares = v.looseObject({ share: number, half: number });
const rollout = v.looseObject({ prompt: v.string(), tokens: strings, logprobs: v.array(number) });

export const metricRow = v.objectWithRest({ step: number, seconds: number }, number);

export const PART_SCHEMAS: Readonly<Record<keyof Parts, v.GenericSchema>> = {
  metrics: of(TRAININGS, v.array(metricRow)),
  samples: of(TRAININGS, v.looseObject({ step: number, samples: v.array(sample) })),
  rollouts: v.nullable(v.looseObject({ iteration: number, rollouts: v.array(rollout) })),
  lastBatch: v.nullable(
    v.looseObject({
      inputIds: ints,
      targets: ints,
      lengths: ints,
      scores: floats,
      prompts: strings,
      completions: strings,
      arrays: v.record(v.string(), floats),
      shape: v.looseObject({ S: whole, M: whole, T: whole, R: whole }),
    }),
  ),
  rankings: of(['train', 'val', 'heldout'], v.array(ranking)),
  calibration: v.nullable(v.looseObject({ val: calibration, heldout: calibration })),
  tasks: v.array(task),
  rewardRankings: v.nullable(v.array(ranking)),
  personal: v.array(
    v.looseObject({
      id: v.string(),
      task,
      order: v.array(whole),
      labeler: v.string(),
      ranks: v.nullable(v.array(number)),
      likert,
      flags,
      seconds: number,
    }),
  ),
  imported: v.array(ranking),
  demonstrations: v.nullable(v.array(demonstration)),
  sftEpochs: v.array(
    v.looseObject({ epoch: whole, update: whole, valLoss: number, weights: floats }),
  ),
  sftTrunk: v.nullable(floats),
  evaluation: v.array(v.looseObject({ prompt: v.string() })),
  duels: v.array(
    v.looseObject({
      prompt: v.string(),
      a: v.string(),
      b: v.string(),
      judge: v.string(),
      win: number,
    }),
  ),
  studies: v.looseObject({
    bestOfN: v.nullable(
      v.looseObject({
        request: v.looseObject({ samples: whole, prompts: whole, few: v.boolean() }),
        labels: v.array(whole),
        learned: v.array(floats),
        truth: floats,
        few: v.nullable(floats),
      }),
    ),
    labelCurve: v.nullable(
      v.looseObject({
        ranked: whole,
        points: v.array(
          v.looseObject({
            share: number,
            prompts: whole,
            pairs: whole,
            val: shares,
            heldout: shares,
          }),
        ),
        agreement: v.looseObject({ val: number, heldout: number }),
      }),
    ),
    modelSizes: v.nullish(
      v.looseObject({
        request: v.looseObject({ other: v.string(), prompts: whole }),
        name: v.string(),
        parameters: v.looseObject({ this: whole, other: whole }),
        reference: v.picklist(['this', 'other']),
        answers: v.record(v.string(), strings),
        wins: v.nullable(v.record(v.string(), v.array(number))),
      }),
      null,
    ),
  }),
  tokenizer: v.nullable(v.string()),
  log: v.array(
    v.looseObject({
      type: v.literal('log'),
      level: v.picklist(['info', 'warn', 'error']),
      message: v.string(),
      time: number,
    }),
  ),
  traces: strings,
  sums: of(MODELS, v.string()),
};

/** What a person has made: of it nothing is ever dropped for a fault in its neighbour. */
export const isPersonal = (name: keyof Parts): boolean =>
  name === 'personal' || name === 'imported' || name === 'demonstrations' || name === 'duels';
