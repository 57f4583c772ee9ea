/** The answers of all models to the same test prompts. */
import { createSignal, For, Show } from 'solid-js';
import type { Writer } from '../../config/stages';
import type { Sample } from '../../lab/api';
import { promptText } from '../format';
import { Empty, Section } from '../parts/Room';
import { Completion, Judgement } from '../parts/Samples';
import { WRITER_NAMES } from '../parts/writers';
import { useLab } from '../state/lab';
import styles from './SideBySide.module.css';

const PROMPTS = 3;

export function SideBySide() {
  const store = useLab();
  const [rows, setRows] = createSignal<readonly { prompt: string; samples: Sample[] }[]>([]);
  const [busy, setBusy] = createSignal(false);
  let seed = 0;
  const models = (): Writer[] => store.writers().filter((writer) => writer !== 'policy_raw');
  const write = async () => {
    setBusy(true);
    await store.notices.attempt(async () => {
      seed++;
      const prompts = await store.api.prompts('test', PROMPTS, seed);
      const byModel: Sample[][] = [];
      for (const model of models()) {
        byModel.push(await store.api.sample({ model, prompts, temperature: 1, seed }));
      }
      setRows(
        prompts.map((prompt, i) => ({ prompt, samples: byModel.map((samples) => samples[i]!) })),
      );
    });
    setBusy(false);
  };
  return (
    <div class={styles['all']}>
      <Section
        title="All models on the same prompts"
        aside={
          <button
            type="button"
            disabled={busy() || models().length === 0 || store.state.gpu?.ok !== true}
            onClick={() => void write()}
          >
            {busy() ? 'Writing …' : rows().length > 0 ? 'Other test prompts' : 'Write answers'}
          </button>
        }
      >
        <Show
          when={rows().length > 0}
          fallback={
            <Empty>
              Every model that is trained answers the same test prompts here, side by side.
            </Empty>
          }
        >
          <For each={rows()}>
            {(row) => (
              <div class={styles['row']}>
                <p class={styles['prompt']}>{promptText(row.prompt)}</p>
                <div class={styles['answers']}>
                  <For each={row.samples}>
                    {(sample) => (
                      <article class={styles['answer']}>
                        <h3>{WRITER_NAMES[sample.model]}</h3>
                        <Completion text={sample.completion} />
                        <Judgement sample={sample} />
                      </article>
                    )}
                  </For>
                </div>
              </div>
            )}
          </For>
        </Show>
      </Section>
    </div>
  );
}
