/** A GPT-2 checkpoint from disk, as Hugging Face writes it, in the place of the base model. */
import { Show } from 'solid-js';
import { ask } from '../state/confirm';
import { useLab } from '../state/lab';

export function ImportBase() {
  const store = useLab();
  let input!: HTMLInputElement;
  const take = async (files: FileList | null) => {
    const chosen = [...(files ?? [])];
    input.value = '';
    if (chosen.length === 0) return;
    const replaces = store.status('base') === 'done';
    const yes =
      !replaces ||
      (await ask({
        title: 'Replace the base model?',
        text: 'The base model and everything trained from it is thrown away. Your rankings and demonstrations are kept.',
        yes: 'Replace it',
      }));
    if (!yes) return;
    await store.notices.attempt(async () => {
      const contents: Record<string, Uint8Array> = {};
      for (const file of chosen) contents[file.name] = new Uint8Array(await file.arrayBuffer());
      await store.api.importBase(contents);
      await store.refresh();
      store.notices.show({ level: 'info', text: 'The base model is the one from your disk.' }, 8);
    });
  };
  return (
    <Show when={store.state.experiment && !store.recorded}>
      <button
        type="button"
        data-plain
        title="model.safetensors, config.json and tokenizer.json of a GPT-2 folder"
        disabled={store.active()?.status === 'running'}
        onClick={() => input.click()}
      >
        Open a checkpoint …
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files of a Hugging Face model folder"
        onChange={(event) => void take(event.target.files)}
      />
    </Show>
  );
}
