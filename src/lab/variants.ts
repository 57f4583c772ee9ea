/**
 * The measured choices of kernel variants: kept for each adapter and browser version, put on the
 * GPU before a stage, and written into an experiment's record when it first runs, so that a run
 * that goes on later, or is looked at later, has the very kernels it began with.
 *
 * Nothing is measured unless somebody asks: without a measurement every adapter has its built-in
 * choices, and the same seed gives the same bits.
 */
import type { Settings } from '../config/fields';
import type { AdapterName, Gpu } from '../gpu/device';
import { FEATURES, type Feature, isUsedUnasked } from '../gpu/features';
import type { Place } from '../gpu/plan';
import { type MatmulDevice, matmulDevice, matmulVariants } from '../kernels/linear_choice';
import { trustFeatures } from '../kernels/trust';
import type { GptConfig } from '../nn/layout';
import type { Store } from '../store/store';
import { type Choice, productsOf, tune } from './tuner';

/** What was measured on one adapter in one browser version. */
export interface Tuning {
  readonly adapter: string;
  readonly browser: string;
  /** When, in milliseconds since 1970, and how long it took. */
  readonly measured: number;
  readonly ms: number;
  readonly choices: readonly Choice[];
}

export type { Feature };

/**
 * `missing`: the device has it not, or has no use for it; `failed`: it computes something else here;
 * `off`: switched off, or never asked for where it changes results.
 */
export type FeatureState = 'used' | 'off' | 'failed' | 'missing';

/** What the page shows: what was measured, and what the open experiment began with. */
export interface TuningStatus {
  readonly tuning: Tuning | null;
  readonly run: RunVariants | null;
  /** For runs that begin from now on. */
  readonly features: Readonly<Record<Feature, FeatureState>>;
}

/** Variants by class of shapes, of one adapter and browser; empty are the built-in choices. */
export interface RunVariants {
  readonly adapter: string;
  readonly browser: string;
  readonly choices: readonly Named[];
  /** Optional features it uses; a record of an older form says nothing and takes those of now. */
  readonly features?: readonly Feature[];
}

/** No experiment's id, and without a record none of the list. */
const STORED_UNDER = 'kernel variants';
/** The part that lists the features that somebody switched (at first only off), for every adapter. */
const SWITCHED = 'features off';

export class Variants {
  /** What has been measured here. */
  tuning: Tuning | null = null;
  private switched: readonly Feature[] = [];
  /** What new runs use on the device that was here last. */
  private usable: readonly Feature[] | undefined;
  private readonly browser = globalThis.navigator?.userAgent ?? '';

  constructor(private readonly store: Store) {}

  private partOf(gpu: Gpu): string {
    return `${nameOf(gpu.adapter)} · ${this.browser}`;
  }

  /** Reads what was measured on this adapter before, and uses it from now on. */
  async load(gpu: Gpu): Promise<Tuning | null> {
    this.tuning = (await this.store.get<Tuning>(STORED_UNDER, this.partOf(gpu))) ?? null;
    this.switched = (await this.store.get<Feature[]>(STORED_UNDER, SWITCHED)) ?? [];
    this.applyNow(gpu);
    return this.tuning;
  }

  /** What has become of each optional feature on this device. */
  features(gpu: Gpu): Record<Feature, FeatureState> {
    const stateOf = (name: Feature): FeatureState => {
      if (!gpu.offers(name)) return 'missing';
      if (!gpu.verified.has(name)) return 'failed';
      return this.isOn(name) ? 'used' : 'off';
    };
    return Object.fromEntries(FEATURES.map((name) => [name, stateOf(name)])) as Record<
      Feature,
      FeatureState
    >;
  }

  /** Switches a feature on or off for runs that begin from now on. */
  async setFeature(gpu: Gpu, name: Feature, on: boolean): Promise<void> {
    const others = this.switched.filter((one) => one !== name);
    this.switched = on === isUsedUnasked(name) ? others : [...others, name];
    await this.store.write(STORED_UNDER, { put: { [SWITCHED]: this.switched } });
    this.applyNow(gpu);
  }

  private isOn(name: Feature): boolean {
    return isUsedUnasked(name) !== this.switched.includes(name);
  }

  private wanted(gpu: Gpu): Feature[] {
    return [...gpu.verified].filter((name) => this.isOn(name));
  }

  private applyNow(gpu: Gpu): void {
    this.usable = this.wanted(gpu);
    trustFeatures(gpu, this.usable);
    apply(gpu, this.tuning?.choices ?? []);
  }

  /** Measures the products of a model that have not been measured yet; with `anew` all of them. */
  async measure(
    gpu: Gpu,
    model: GptConfig,
    settings: Readonly<Settings>,
    anew: boolean,
  ): Promise<Tuning> {
    const begun = performance.now();
    const kept = anew ? [] : (this.tuning?.choices ?? []);
    const known = new Set(kept.map((choice) => choice.class));
    const products = await productsOf(gpu, model, settings);
    const missing = await tune(
      gpu,
      products.filter(({ class: name }) => !known.has(name)),
    );
    this.tuning = {
      adapter: nameOf(gpu.adapter),
      browser: this.browser,
      measured: Date.now(),
      ms: performance.now() - begun,
      choices: [...kept, ...missing],
    };
    await this.store.write(STORED_UNDER, { put: { [this.partOf(gpu)]: this.tuning } });
    this.applyNow(gpu);
    return this.tuning;
  }

  /** Goes back to the built-in choices. */
  async forget(gpu: Gpu): Promise<void> {
    this.tuning = null;
    await this.store.write(STORED_UNDER, { remove: [this.partOf(gpu)] });
    this.applyNow(gpu);
  }

  /**
   * Puts a run's variants on the GPU: those it began with, or for a new run, or one that moved to
   * another adapter or browser, those of now. @returns them, for the record
   */
  use(gpu: Gpu, began: RunVariants | undefined): RunVariants {
    const run = this.runOn(gpu.adapter, began);
    const features = run.features ?? this.wanted(gpu);
    trustFeatures(gpu, features);
    apply(gpu, run.choices);
    return { ...run, features };
  }

  /** The same for whoever plans a run without its GPU. */
  placeFor(adapter: AdapterName, began: RunVariants | undefined): Place {
    const device = { software: adapter.is_fallback, subgroups: true, images: true };
    const run = this.runOn(adapter, began);
    const trusted = run.features ?? this.usable;
    return { adapter, variants: known(device, run.choices), ...(trusted && { trusted }) };
  }

  private runOn(adapter: AdapterName, began: RunVariants | undefined): RunVariants {
    const here = { adapter: nameOf(adapter), browser: this.browser };
    const same = began?.adapter === here.adapter && began.browser === here.browser;
    return same ? began : { ...here, choices: this.tuning?.choices.map(plain) ?? [] };
  }
}

/** Variants by class, as a file says it; empty where all are built in. */
export const variantNames = (run: RunVariants | undefined): Record<string, string> =>
  Object.fromEntries(run?.choices.map((choice) => [choice.class, choice.variant]) ?? []);

const plain = ({ class: name, form, size, variant }: Choice) => ({
  class: name,
  form,
  size,
  variant,
});

const nameOf = ({ vendor, architecture, description }: AdapterName) =>
  [vendor, architecture, description].filter(Boolean).join(' ');

type Named = Pick<Choice, 'class' | 'form' | 'size' | 'variant'>;

/** Choices of a variant that this version of the page no longer has are left out. */
function known(device: MatmulDevice, choices: readonly Named[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { class: name, form, size, variant } of choices) {
    const all = matmulVariants(form, size, device);
    if (all.some((candidate) => candidate.name === variant)) names.set(name, variant);
  }
  return names;
}

function apply(gpu: Gpu, choices: readonly Named[]): void {
  gpu.variants.clear();
  for (const [name, variant] of known(matmulDevice(gpu), choices)) gpu.variants.set(name, variant);
}
