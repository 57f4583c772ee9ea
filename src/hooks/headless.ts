/**
 * What the headless command needs beside the lab itself: functions that a browser's automation
 * can call with plain data, an event queue to poll, and files handed over by POST.
 */
import * as Comlink from 'comlink';
import { type Lab, listen } from '../../workers/protocol';
import type { ExperimentConfig } from '../config/experiment';
import type { Stage } from '../config/stages';
import type { GpuStatus, LabEvent, Snapshot } from '../lab/api';
import type { Recording } from '../lab/recorded';
import type { FeatureState } from '../lab/variants';
import { record } from './record';

/** Events since the last poll, and how the run ended once it has. */
export interface HeadlessPoll {
  readonly events: LabEvent[];
  readonly settled: { readonly error: string | null } | null;
}

export interface Headless {
  /** Opens the lab. Events are queued from here on. */
  open(): Promise<GpuStatus>;
  create(config: ExperimentConfig): Promise<Snapshot>;
  /** Selects the experiment that this profile holds; null when there is none. */
  reopen(): Promise<Snapshot | null>;
  /** Takes a Hugging Face folder as the base model. @param sources addresses by file name */
  importBase(sources: Readonly<Record<string, string>>): Promise<void>;
  /** From now on text is sampled from weights in half precision, where the GPU can. */
  sampleInHalf(): Promise<FeatureState>;
  /** Begins to run stages; `poll` tells how it goes. */
  run(stages: readonly Stage[], trace: number): void;
  poll(): HeadlessPoll;
  pause(): Promise<void>;
  /** Everything of a finished run that a page without WebGPU can show. */
  record(): Promise<Recording>;
  snapshot(): Promise<Snapshot | null>;
  files(): Promise<string[]>;
  /** Sends a file of the run to an address. */
  upload(name: string, address: string): Promise<void>;
}

declare global {
  interface Window {
    pocketRlhfHeadless: Headless;
  }
}

const sentence = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

/** Sets `window.pocketRlhfHeadless`. */
export function installHeadless(lab: Lab): void {
  let events: LabEvent[] = [];
  let settled: { error: string | null } | null = null;

  window.pocketRlhfHeadless = {
    async open() {
      const status = await lab.open();
      await listen(lab, (batch) => {
        events.push(...batch);
      });
      return status;
    },
    create: (config) => lab.create(config),
    async reopen() {
      const [latest] = (await lab.experiments()).sort((a, b) => b.created - a.created);
      return latest ? lab.select(latest.id) : null;
    },
    async importBase(sources) {
      const files: Record<string, Uint8Array<ArrayBuffer>> = {};
      for (const [name, address] of Object.entries(sources)) {
        const response = await fetch(address);
        if (!response.ok) throw new Error(`${name} could not be read (${response.status}).`);
        files[name] = new Uint8Array(await response.arrayBuffer());
      }
      const buffers = Object.values(files).map(({ buffer }) => buffer);
      await lab.importBase(Comlink.transfer(files, buffers));
    },
    async sampleInHalf() {
      const { features } = await lab.useFeature('shader-f16', true);
      return features['shader-f16'];
    },
    run(stages, trace) {
      settled = null;
      lab.run(stages, { trace }).then(
        () => {
          settled = { error: null };
        },
        (cause) => {
          settled = { error: sentence(cause) };
        },
      );
    },
    poll() {
      const answer = { events, settled };
      events = [];
      return answer;
    },
    pause: () => lab.pause(),
    record: () => record(lab),
    snapshot: () => lab.snapshot(),
    files: () => lab.files(),
    async upload(name, address) {
      const bytes = await lab.file(name);
      const response = await fetch(address, { method: 'POST', body: bytes });
      if (!response.ok) throw new Error(`${name} could not be stored (${response.status}).`);
    },
  };
}
