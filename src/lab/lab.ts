/**
 * The lab: one GPU, one store, one open experiment, and the stages that run on it. This is the
 * object behind the worker's protocol; the headless command and the tests use it the same way.
 */
import { parseConfig } from '../config/experiment';
import type { FieldKey } from '../config/fields';
import type { ModelName, Stage, Writer } from '../config/stages';
import { sampleTasks } from '../rlhf/rankings';
import { epochPermutation } from '../text/datasets/order';
import { Tokenizer } from '../text/tokenizer/tokenizer';
import { labelerAgreement, textsOf } from './agreement';
import type { DemonstrationRecord, LabApi, RankingSubmission, RunOptions, Snapshot } from './api';
import { demonstrationPage, putDemonstration, removeDemonstration } from './demonstrations';
import { DESK_BATCH } from './desk';
import { experimentFiles, modelFolder } from './files';
import { importBase } from './import_base';
import { type InspectRequest, inspect } from './inspect';
import { corpusPage } from './material';
import { OpenLab } from './open_lab';
import { labelCounts } from './pipeline';
import { sampleAnswers, scoreAnswer, scoreTexts } from './playground';
import { inputsOf, kernelSource, profileStep } from './profile';
import type { ProfiledStep } from './profile_api';
import { updateStages } from './session';
import { runStudy } from './studies';
import type { StudyRequest } from './studies_api';
import { type Feature, variantNames } from './variants';

export class Lab extends OpenLab implements LabApi {
  /** Share of the latest profile that is done. */
  private profiled = 0;

  async run(stages: readonly Stage[], options: RunOptions = {}): Promise<void> {
    await this.writable.control.run(stages, options);
  }

  async pause(): Promise<void> {
    await this.writable.control.pause();
  }

  async resume(): Promise<void> {
    await this.writable.control.resume();
  }

  async stop(): Promise<void> {
    await this.writable.control.stop();
  }

  async step(): Promise<void> {
    await this.writable.control.resume(1);
  }

  async reset(stage: Stage): Promise<void> {
    const { control, experiment } = this.writable;
    control.refuseWhileRunning('reset a stage');
    await experiment.reset(stage);
    control.forget();
    updateStages(this.selected);
    await experiment.save();
  }

  async set(key: FieldKey, value: number | boolean): Promise<void> {
    const { experiment, control } = this.writable;
    const { config } = experiment.record;
    parseConfig({ ...config, settings: { ...config.settings, [key]: value } });
    await experiment.changeSetting(key, value);
    control.settingChanged(key);
  }

  importBase = (files: Readonly<Record<string, Uint8Array>>): Promise<Snapshot> =>
    this.inTurn(async () => {
      const { control, experiment, material } = this.writable;
      control.refuseWhileRunning('import a base model');
      await importBase(experiment, material, files);
      return this.enter(experiment);
    });

  corpus = async (from: number, count: number) =>
    corpusPage(this.selected.material.world, from, count);
  demonstrations = async (from: number, count: number) =>
    demonstrationPage(this.selected, from, count);
  putDemonstration = async (item: DemonstrationRecord, index?: number) =>
    putDemonstration(this.writable, item, index === undefined ? index : { index, insert: false });
  insertDemonstration = async (item: DemonstrationRecord, index: number) =>
    putDemonstration(this.writable, item, { index, insert: true });
  removeDemonstration = async (index: number) => removeDemonstration(this.writable, index);

  async prompts(split: 'train' | 'val' | 'test', count: number, seed: number): Promise<string[]> {
    const all = this.selected.material.world.prompts[split];
    const order = epochPermutation(all.length, seed, 0);
    return Array.from(order.subarray(0, count), (index) => all[index]!.prompt);
  }

  async sample(request: Parameters<LabApi['sample']>[0]) {
    const { experiment, judge, runner } = this.selected;
    return sampleAnswers(
      runner.context(await this.device(), undefined),
      experiment,
      judge,
      request,
    );
  }

  async score(prompt: string, completion: string) {
    const { experiment, judge, runner } = this.selected;
    const ctx = runner.context(await this.device(), undefined);
    return scoreAnswer(ctx, experiment, judge, prompt, completion);
  }

  async inspect(request: InspectRequest) {
    const { experiment, runner } = this.selected;
    return inspect(runner.context(await this.device(), undefined), experiment, request);
  }

  /** Fresh tasks for a person, of training prompts that have none yet. */
  protected override async moreTasks(from: number) {
    const { experiment, material, runner } = this.selected;
    const prompts = material.world.rankingPrompts.train
      .slice(from, from + DESK_BATCH)
      .map(({ prompt }) => prompt);
    if (prompts.length === 0) throw new Error('Every prompt has been ranked; there are no more.');
    const models = { sft: experiment.model('sft'), base: experiment.model('base') };
    const ctx = {
      ...runner.context(await this.device(), undefined),
      progress: () => {},
      breathe: async () => {},
    };
    const unwanted = (completion: string) => material.quotesEvaluation(completion);
    return sampleTasks(ctx, prompts, models, from, { unwanted });
  }

  nextRanking = async (labeler: string) => this.writable.desk.next(labeler);

  async submitRanking(submission: RankingSubmission) {
    const { desk, experiment } = this.writable;
    const reveal = await desk.submit(submission);
    this.events.emit({ type: 'labels', counts: labelCounts(experiment) });
    return reveal;
  }

  async undoRanking(labeler: string) {
    const { desk, experiment } = this.writable;
    const undone = await desk.undo(labeler);
    this.events.emit({ type: 'labels', counts: labelCounts(experiment) });
    return undone;
  }

  async agreement(labeler: string, withRewardModel = false) {
    const { experiment, judge, runner, control } = this.selected;
    let rewards: number[] | undefined;
    if (withRewardModel && experiment.models.has('reward') && !control.isRunning) {
      const ctx = runner.context(await this.device(), undefined);
      rewards = await scoreTexts(ctx, experiment, textsOf(labeler, experiment));
    }
    return labelerAgreement(labeler, experiment, judge, rewards);
  }

  async exportRankings() {
    return this.selected.desk.export();
  }

  async importRankings(jsonl: string) {
    const { desk, experiment } = this.writable;
    const count = await desk.import(jsonl);
    this.events.emit({ type: 'labels', counts: labelCounts(experiment) });
    return count;
  }

  async nextDuel(a: Writer, b: Writer) {
    const { desk, experiment, material } = this.selected;
    const all = material.world.prompts.test;
    const { prompt } = all[experiment.parts.duels.length % all.length]!;
    const seed = Date.now() >>> 0;
    const answers = await Promise.all(
      [a, b].map((model, index) =>
        this.sample({ model, prompts: [prompt], temperature: 1, seed: seed + index }),
      ),
    );
    const text = (index: number) => answers[index]![0]!.completion;
    return desk.nextDuel(prompt, { a: text(0), b: text(1) }, a, b);
  }

  async submitDuel(id: string, choice: 'left' | 'right' | 'tie', judge: string) {
    return this.writable.desk.submitDuel(id, choice, judge);
  }

  async duels() {
    return this.selected.desk.duelScores();
  }

  async study(request: StudyRequest) {
    const { control, experiment, runner } = this.writable;
    await control.study(async () => {
      const gpu = await this.device();
      this.variants.use(gpu, experiment.record.kernels);
      this.events.progress = null;
      const ctx = runner.context(gpu, undefined);
      await runStudy(this.selected, ctx, this.events.emit, request, (id) => this.opponent(id));
    });
  }

  async profile(step: ProfiledStep) {
    const { control, experiment } = this.selected;
    control.refuseWhileRunning('measure its kernels');
    const inputs = inputsOf(this.selected, await this.device());
    this.variants.use(inputs.gpu, experiment.record.kernels);
    return profileStep(step, inputs, (share) => {
      this.profiled = share;
    });
  }

  async tuning() {
    const { tuning } = this.variants;
    const features = this.variants.features(await this.device());
    return { tuning, run: this.selected.experiment.record.kernels ?? null, features };
  }

  async tune(anew: boolean) {
    this.selected.control.refuseWhileRunning('measure kernel variants');
    const { gpu, model, settings } = inputsOf(this.selected, await this.device());
    await this.variants.measure(gpu, model, settings, anew);
    return this.tuning();
  }

  async forgetTuning() {
    this.selected.control.refuseWhileRunning('change kernel variants');
    await this.variants.forget(await this.device());
    return this.tuning();
  }

  async useFeature(name: Feature, on: boolean) {
    this.selected.control.refuseWhileRunning('change what its kernels use');
    await this.variants.setFeature(await this.device(), name, on);
    return this.tuning();
  }

  profileProgress = async () => this.profiled;
  kernelSource = async (kernel: string) => kernelSource(kernel);

  async modelFolder(id: string, model: ModelName) {
    const { config } = await this.library.record(id);
    const { floats, tokenizer } = await this.library.model(id, model);
    const json =
      tokenizer ??
      (await this.options.prepare(config, (what) => this.log('info', `${what}…`))).tokenizerJson;
    const folder = modelFolder(config.settings, model, floats, Tokenizer.fromJSON(json));
    return Object.fromEntries(
      [...folder].map(([name, bytes]) => [name, bytes.slice() as Uint8Array<ArrayBuffer>]),
    );
  }

  private contractFiles() {
    const { experiment, material } = this.selected;
    const { adapter, browser } = experiment.record.report;
    const run = experiment.record.kernels;
    const kernels = variantNames(run);
    const features = run?.features ?? [];
    const facts = { adapter, browser, version: this.options.version, kernels, features };
    return experimentFiles(experiment, material, facts);
  }

  async files(): Promise<string[]> {
    return [...this.contractFiles().keys()];
  }

  async file(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const make = this.contractFiles().get(name);
    if (!make) throw new Error(`There is no file ${name} yet.`);
    const content = await make();
    if (content === undefined) throw new Error(`The file ${name} is not stored any more.`);
    return typeof content === 'string'
      ? new TextEncoder().encode(content)
      : (content.slice() as Uint8Array<ArrayBuffer>);
  }
}
