/** Makes a recording of the open experiment, for `npm run record`: small, and nothing made up. */
import type { Lab } from '../../workers/protocol';
import { TRAININGS, type Writer } from '../config/stages';
import type { MetricRow, Sample } from '../lab/api';
import type { Recording } from '../lab/recorded';
import { measure } from './measure';

/** The prompt that the rooms begin with. */
const FIRST = 'Q: What colour is the owl?\nA:';
const TYPED = [' The owl is green.', ' The owl is green. I hope that helps.', ' Owls are boring.'];
const MODELS: readonly Writer[] = ['base', 'sft', 'sft_for_rl', 'policy'];
const COUNTS = { documents: 40, demonstrations: 40, prompts: 19, tries: 2, rankings: 12 };
/** Rows of a curve, and rollouts of a batch, that are kept. */
const ROWS = 160;
const ROLLOUTS = 8;

/** Every n-th row and the last: a curve of at most `ROWS` points, rare measures kept. */
function thinned(rows: readonly MetricRow[]): MetricRow[] {
  const every = Math.ceil(rows.length / ROWS);
  const usual = Object.keys(rows[0] ?? {}).length;
  return rows.filter(
    (row, at) => at % every === 0 || at === rows.length - 1 || Object.keys(row).length > usual,
  );
}

/** @throws when the open experiment has not run to its end */
export async function record(lab: Lab): Promise<Recording> {
  const finished = await lab.snapshot();
  const summary = (await lab.experiments()).find((one) => one.id === finished?.id);
  if (!finished || !summary || finished.stages.evaluate !== 'done') {
    throw new Error('Only a run whose every stage is done can be recorded.');
  }
  await measure(lab, finished);
  const { studies } = (await lab.snapshot())!;
  const snapshot = { ...finished, studies };
  const prompts = [FIRST, ...(await lab.prompts('test', COUNTS.prompts, 1))];
  const samples: Sample[] = [];
  for (const model of MODELS) {
    for (let seed = 0; seed < COUNTS.tries; seed++) {
      samples.push(...(await lab.sample({ model, prompts, temperature: 1, seed })));
    }
  }
  const texts = [
    ...TYPED.map((completion) => ({ prompt: FIRST, completion })),
    ...samples.filter(({ model }) => model === 'policy' || model === 'sft'),
  ];
  const scores: Recording['scores'][number][] = [];
  for (const { prompt, completion } of texts) {
    scores.push({ prompt, completion, ...(await lab.score(prompt, completion)) });
  }
  const rankings: Recording['rankings'][number][] = [];
  const labeler = 'recorder';
  for (let i = 0; i < COUNTS.rankings; i++) {
    const { id, prompt, completions } = await lab.nextRanking(labeler);
    const none = { likert: completions.map(() => null), flags: completions.map(() => []) };
    const skipped = { id, labeler, ranks: null, seconds: 0, ...none };
    const { writers } = await lab.submitRanking(skipped);
    rankings.push({ prompt, completions, writers });
  }
  while (await lab.undoRanking(labeler));
  const id = 'recorded';
  const { rollouts } = snapshot;
  return {
    summary: { ...summary, id, name: `recorded ${summary.name}` },
    snapshot: {
      ...snapshot,
      id,
      metrics: Object.fromEntries(
        TRAININGS.map((training) => [training, thinned(snapshot.metrics[training] ?? [])]),
      ),
      rollouts: rollouts && { ...rollouts, rollouts: rollouts.rollouts.slice(0, ROLLOUTS) },
      log: snapshot.log.filter(({ level }) => level === 'info').slice(-30),
    },
    corpus: await lab.corpus(0, COUNTS.documents),
    demonstrations: (await lab.demonstrations(0, COUNTS.demonstrations)).items,
    prompts,
    samples,
    scores,
    rankings,
  };
}
