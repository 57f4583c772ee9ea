/** The experiment that is killed over and over: tiny, and looked at bit by bit. */
import { createHash } from 'node:crypto';

/** @typedef {import('../../src/config/stages').Stage} Stage */

/** Small enough that a stage takes a second or two on a software adapter. */
export const SETTINGS = [
  'model.n_layer=1',
  'model.n_embd=16',
  'model.n_head=2',
  'base.tokens=2048',
  'data.prompts=16',
  'data.demonstrations=24',
  'sft.epochs=2',
  'sft_for_rl.epochs=2',
  'data.ranked_prompts=12',
  'reward.prompts_per_batch=2',
  'reward.epochs=1',
  'ppo.episodes=48',
  'ppo.batch=16',
  'ppo.minibatch=8',
  'ppo.response_length=8',
  'evaluate.prompts=8',
  'evaluate.skills=8',
];

/** @typedef {{ files: Record<string, string>, rankings: number }} State digests by name */

/** In the page: everything that has to be the same, as text or numbers. */
const look = async () => {
  const lab = window.pocketRlhf;
  const snapshot = await lab.snapshot();
  /** @type {Record<string, string>} */
  const files = {};
  for (const name of await lab.files()) {
    if (!/^(data\/|metrics)|model\.safetensors$/.test(name)) continue;
    const bytes = await lab.file(name);
    if (name.endsWith('.safetensors')) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      files[name] = Array.from(digest, (byte) => byte.toString(16)).join(',');
    } else files[name] = new TextDecoder().decode(bytes);
  }
  const samples = JSON.stringify(snapshot?.samples);
  return { files: { ...files, samples }, rankings: snapshot?.labels.byLabeler['Ada'] ?? 0 };
};

/** Seconds and speeds differ from run to run and belong to no result. */
const withoutTimes = (/** @type {string} */ jsonl) =>
  jsonl
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { seconds: _, tokens_per_second: __, ...rest } = JSON.parse(line);
      return JSON.stringify(rest);
    })
    .join('\n');

/**
 * @param {import('./browser.mjs').ChaosBrowser} browser
 * @param {(line: string) => boolean} [counts] which lines of the data files are looked at
 * @returns {Promise<State>}
 */
export async function stateOf(browser, counts = () => true) {
  const { files, rankings } = await browser.evaluate(look, undefined);
  const digests = Object.entries(files).map(([name, text]) => {
    const lines = name.startsWith('data/') ? text.split('\n').filter(counts).join('\n') : text;
    const same = name === 'metrics.jsonl' ? withoutTimes(text) : lines;
    return [name, createHash('sha256').update(same).digest('hex')];
  });
  return { files: Object.fromEntries(digests), rankings };
}

/** What differs between two states, by name. @param {State} a @param {State} b */
export const differences = (a, b) =>
  [...new Set([...Object.keys(a.files), ...Object.keys(b.files)])].filter(
    (name) => a.files[name] !== b.files[name],
  );

/** A person ranks the next item; stored when this resolves, with the item's id. */
export const rankOne = async (labeler = 'Ada') => {
  const lab = window.pocketRlhf;
  const item = await lab.nextRanking(labeler);
  const ranks = item.completions.map((_, k) => k + 1);
  const likert = ranks.map(() => 4);
  const flags = ranks.map(() => []);
  await lab.submitRanking({ id: item.id, labeler, ranks, likert, flags, seconds: 1 });
  return item.id;
};
