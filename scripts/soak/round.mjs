/**
 * One round of a soak: an experiment from its first stage to its last, disturbed at random, held to
 * the bits of one that was not, and removed. What is found wrong is told in sentences.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { differences, rankOne, stateOf } from '../chaos/experiment.mjs';
import { finish, KILLS, RECOVERS, STAGES, start, strike } from '../chaos/strikes.mjs';
import { readStore } from './stored.mjs';

/**
 * @typedef {import('../../src/config/stages').Stage} Stage
 * @typedef {import('../../src/config/experiment').ExperimentConfig} ExperimentConfig
 * @typedef {import('../chaos/experiment.mjs').State} State
 * @typedef {Record<string, { state: State, ms: number }>} Reference by stage
 * @typedef {{ id: string, labeler: string }} Submitted
 */

/** Ends the page, so that it is a young one again. */
const HARSH = KILLS.filter((kind) => !RECOVERS.includes(kind));
/** What a page lives through. */
const MILD = /** @type {const} */ (['device', 'GPU process', 'pause', 'rank']);
/** Ranks while stages run, and beside what they learn from. */
const BYSTANDER = 'Bea';
const notBystander = (/** @type {string} */ line) => !line.includes(`"labeler":"${BYSTANDER}"`);

/** @typedef {typeof KILLS[number] | typeof MILD[number]} Disturbance */

/** In the page: a few tokens from the newest model that writes. @param {number} seed */
const sampleOne = async (seed) => {
  const lab = window.pocketRlhf;
  const snapshot = await lab.snapshot();
  const writers = /** @type {const} */ (['policy', 'sft', 'base']);
  const model = writers.find((writer) => snapshot?.models.includes(writer));
  if (!model) return;
  const [sample] = await lab.sample({
    model,
    prompts: ['Q: '],
    temperature: 1,
    seed,
    maxTokens: 8,
  });
  if (typeof sample?.completion !== 'string') throw new Error('A sample came back without a text.');
};

export class Round {
  /** What was found wrong. @type {string[]} */
  faults = [];
  /** What was done to the run, in words. @type {string[]} */
  disturbed = [];
  /** Rankings that were confirmed. @type {Submitted[]} */
  submitted = [];

  /**
   * @param {import('./browser.mjs').SoakBrowser} browser
   * @param {ExperimentConfig} config
   * @param {() => number} draw numbers in [0, 1)
   */
  constructor(browser, config, draw) {
    this.browser = browser;
    this.config = config;
    this.draw = draw;
  }

  /** Runs every stage undisturbed. @returns {Promise<Reference>} */
  async undisturbed() {
    /** @type {Reference} */
    const reference = {};
    await this.browser.create(this.config);
    for (const stage of STAGES) {
      if (stage === 'reward') await this.rank('Ada');
      const begun = performance.now();
      await start(this.browser, stage, 60_000);
      await finish(this.browser);
      const ms = performance.now() - begun;
      reference[stage] = { ms, state: await stateOf(this.browser, notBystander) };
    }
    return reference;
  }

  /**
   * @param {Reference} reference
   * @param {boolean} harsh whether the page itself is ended too
   */
  async disturbedBy(reference, harsh) {
    await this.browser.create(this.config);
    for (const stage of STAGES) {
      if (stage === 'reward') await this.rank('Ada');
      await this.runDisturbed(stage, reference[stage].ms, harsh);
      const met = await stateOf(this.browser, notBystander);
      const different = differences(met, reference[stage].state);
      if (different.length > 0) {
        this.faults.push(`after ${stage}, ${different.join(', ')} differ from an undisturbed run`);
      }
      await this.browser.enter(stage === 'evaluate' ? 'compare' : 'reinforce');
    }
    await this.browser.enter('base');
  }

  /** @param {Stage} stage @param {number} ms @param {boolean} harsh */
  async runDisturbed(stage, ms, harsh) {
    const { browser, draw } = this;
    /** @type {Disturbance[]} */
    const kinds = harsh ? [...HARSH, ...MILD] : [...MILD];
    const count = Math.floor(draw() * 3);
    await start(browser, stage, draw() < 0.5 ? 0 : 300);
    for (let nth = 0; nth < count; nth++) {
      const kind = kinds[Math.floor(draw() * kinds.length)];
      await sleep((draw() * ms) / count);
      this.disturbed.push(`${kind} in ${stage}`);
      await this.disturb(kind, stage);
    }
    await finish(browser);
  }

  /** @param {Disturbance} kind @param {Stage} stage */
  async disturb(kind, stage) {
    const { browser, draw } = this;
    if (kind === 'rank') {
      // Before there are items of the run's own, a person's would become part of it.
      if (stage === 'ppo' || stage === 'evaluate') await this.rank(BYSTANDER);
      return;
    }
    if (kind === 'pause') {
      await browser.evaluate(() => window.pocketRlhf.pause(), undefined);
      await finish(browser);
      await browser.evaluate(sampleOne, Math.floor(draw() * 1000));
      return start(browser, stage, 300);
    }
    await strike(browser, kind);
    if (!RECOVERS.includes(kind)) await start(browser, stage, draw() < 0.5 ? 0 : 300);
  }

  /** @param {string} labeler */
  async rank(labeler) {
    const id = await this.browser.evaluate(rankOne, labeler);
    this.submitted.push({ id, labeler });
  }

  /** Everything that has to hold whenever nothing runs. @returns {Promise<number>} bytes stored */
  async check() {
    const { browser } = this;
    const { faults, bytes, personal } = await readStore(browser, browser.id);
    this.faults.push(...faults);
    for (const { id, labeler } of this.submitted) {
      if (!personal.some((one) => one.id === id && one.labeler === labeler && one.ranks)) {
        this.faults.push(`the ranking of item ${id} by ${labeler} is lost`);
      }
    }
    const log = await browser.evaluate(
      async () => (await window.pocketRlhf.snapshot())?.log ?? [],
      undefined,
    );
    for (const { level, message } of log) if (level === 'error') this.faults.push(message);
    this.faults.push(...browser.complaints.splice(0).map((text) => `the console said: ${text}`));
    return bytes;
  }

  /** The experiment goes for good, its week of grace too; the next round begins with none. */
  async remove() {
    await this.browser.evaluate(async (id) => {
      await window.pocketRlhf.remove(id);
      await window.pocketRlhf.erase(id);
    }, this.browser.id);
    this.browser.age++;
  }
}
