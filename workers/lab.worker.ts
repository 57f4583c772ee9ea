/** The lab worker: owns the GPU and everything that runs on it. */
import * as Comlink from 'comlink';
import { version } from '../package.json';
import { buffersOf, type InspectRequest } from '../src/lab/inspect';
import { Lab } from '../src/lab/lab';
import { OpenLab } from '../src/lab/open_lab';
import { openStore } from '../src/store/database';
import { sized } from '../src/store/sizes';
import { ownScript } from './own_script';
import type { TextWorker } from './text.worker';
import textScript from './text.worker?worker&url';

const lab = new Lab({
  store: sized(openStore()),
  version,
  async prepare(config, report) {
    const worker = new Worker(ownScript(textScript), { type: 'module', name: 'text' });
    try {
      return await Comlink.wrap<TextWorker>(worker).prepare(config, Comlink.proxy(report));
    } finally {
      worker.terminate();
    }
  },
});

Comlink.expose({
  ...methodsOf(lab),
  file: async (name: string) => {
    const bytes = await lab.file(name);
    return Comlink.transfer(bytes, [bytes.buffer]);
  },
  inspect: async (request: InspectRequest) => {
    const inspection = await lab.inspect(request);
    return Comlink.transfer(inspection, buffersOf(inspection));
  },
});

/** A lab's methods as a plain object, so that one of them can be replaced. */
function methodsOf(target: Lab): Record<string, unknown> {
  const methods: Record<string, unknown> = {};
  for (const holder of [OpenLab.prototype, Lab.prototype, target]) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (name !== 'constructor' && typeof value === 'function') methods[name] = value.bind(target);
    }
  }
  return methods;
}
