/** The text worker: writes the world and trains the tokenizer, so that nothing else waits. */
import * as Comlink from 'comlink';
import type { ExperimentConfig } from '../src/config/experiment';
import { makeMaterial } from '../src/lab/material';

const api = {
  prepare(config: ExperimentConfig, report: (what: string) => void) {
    const material = makeMaterial(config, report);
    return Comlink.transfer(material, [material.train.buffer, material.val.buffer]);
  },
};
export type TextWorker = typeof api;

Comlink.expose(api);
