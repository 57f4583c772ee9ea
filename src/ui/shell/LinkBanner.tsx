/**
 * What a link with a configuration brings: the page opens as it says once the person agrees, for an
 * experiment takes space. A link that cannot be read is told in one sentence and changes nothing.
 */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import type { ExperimentConfig } from '../../config/experiment';
import { FIELDS, type Field, type FieldKey } from '../../config/fields';
import { plural } from '../format';
import { openGuide } from '../state/guide';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import { hashOf, roomOf } from '../state/rooms';
import { hash, replaceHash } from '../state/route';
import styles from './LinkBanner.module.css';

interface Offer {
  readonly config: ExperimentConfig;
  /** What differs from the preset's defaults. */
  readonly changes: readonly [FieldKey, number | boolean][];
}

export function LinkBanner() {
  const store = useLab();
  const [offer, setOffer] = createSignal<Offer | null>(null);
  const ready = () => store.opened() || store.state.failure !== null;
  const take = async (text: string) => {
    try {
      const { readLink, sameConfig } = await import('../state/link');
      const { changesOf } = await import('../../config/experiment');
      const { config, lesson } = readLink(text);
      if (lesson !== null) openGuide({ kind: 'lesson', lesson, at: 0 });
      const open = store.state.experiment?.config;
      const changes = config
        ? (Object.entries(changesOf(config)) as [FieldKey, number | boolean][])
        : [];
      setOffer(config && !(open && sameConfig(open, config)) ? { config, changes } : null);
    } catch (error) {
      setOffer(null);
      store.notices.show({
        level: 'error',
        text: `This link cannot be used: ${messageOf(error)}`,
      });
    }
    // The query has been taken up: the address names the room alone.
    replaceHash(hashOf(roomOf(text)));
  };
  createEffect(
    on([hash, ready], ([text, now]) => {
      if (now && text.includes('?')) void take(text);
    }),
  );
  const accept = async () => {
    const made = offer();
    if (made && (await store.create(made.config))) setOffer(null);
  };
  return (
    <Show when={offer()}>
      {(shown) => (
        <section class={styles['banner']} aria-label="An experiment from a link">
          <p>
            This link brings an experiment: <strong>{shown().config.preset}</strong>, seed{' '}
            {shown().config.seed},{' '}
            {shown().changes.length === 0
              ? 'with the defaults of its size.'
              : `with ${plural(shown().changes.length, 'setting')} changed:`}
          </p>
          <Show when={shown().changes.length > 0}>
            <ul>
              <For each={shown().changes}>
                {([key, value]) => (
                  <li>
                    {(FIELDS[key] as Field).label}: {String(value)}
                  </li>
                )}
              </For>
            </ul>
          </Show>
          <div class={styles['buttons']}>
            <button
              type="button"
              data-primary
              disabled={store.state.busy !== null || store.active()?.status === 'running'}
              onClick={() => void accept()}
            >
              Make this experiment
            </button>
            <button type="button" onClick={() => setOffer(null)}>
              Stay with what is open
            </button>
          </div>
        </section>
      )}
    </Show>
  );
}
