/** The base model that comes with the page, where it belongs to the open experiment. */
import { BUNDLE_FILES, bundledFor, worldSeed } from '../../config/bundled';
import { defaultSettings } from '../../config/experiment';
import type { LabStore } from './lab';

/** Whether the open experiment has the town and the size of a bundled model. */
export function bundleFits(store: LabStore): boolean {
  const config = store.state.experiment?.config;
  const bundle = config && bundledFor(config.preset);
  if (!bundle || worldSeed(config) !== bundle.seed) return false;
  const usual = defaultSettings(config.preset);
  return Object.entries(config.settings).every(
    ([key, value]) => !key.startsWith('model.') || value === usual[key as keyof typeof usual],
  );
}

/** Puts the bundled model in the place of the base model. @throws what the lab says against it */
export async function takeBundle(store: LabStore): Promise<void> {
  const { preset } = store.state.experiment!.config;
  const files: Record<string, Uint8Array> = {};
  for (const name of BUNDLE_FILES) {
    const response = await fetch(
      new URL(`${import.meta.env.BASE_URL}models/${preset}/${name}`, document.baseURI),
    );
    if (!response.ok) throw new Error(`The bundled ${name} could not be read; reload the page.`);
    files[name] = new Uint8Array(await response.arrayBuffer());
  }
  await store.api.importBase(files);
  await store.refresh();
}
