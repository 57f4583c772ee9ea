/** The WGSL that a dispatch ran, with the values of its constants and sizes. */
import { createSignal, For, onMount, Show } from 'solid-js';
import type { DispatchProfile, KernelSource } from '../../lab/profile_api';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import { piecesOf } from './highlight';
import styles from './Source.module.css';

export function Source(props: { dispatch: DispatchProfile }) {
  const store = useLab();
  const [source, setSource] = createSignal<KernelSource | null>(null);
  const [problem, setProblem] = createSignal('');
  onMount(async () => {
    try {
      setSource(await store.api.kernelSource(props.dispatch.kernel));
    } catch (error) {
      setProblem(messageOf(error));
    }
  });
  return (
    <div class={styles['source']}>
      <dl class={styles['values']}>
        <Values title="Sizes" values={props.dispatch.params} />
        <Values title="Constants" values={props.dispatch.constants} />
      </dl>
      <Show when={!problem()} fallback={<p role="alert">{problem()}</p>}>
        <Show when={source()} fallback={<p class="muted">Reading the shader …</p>}>
          {(found) => (
            <figure>
              <figcaption class="mono small">{found().file}</figcaption>
              <section class={styles['code']} tabindex="0" aria-label={found().file}>
                <pre>
                  <For each={piecesOf(found().code)}>
                    {({ kind, text }) => (
                      <Show when={kind !== 'plain'} fallback={text}>
                        <span class={styles[kind]}>{text}</span>
                      </Show>
                    )}
                  </For>
                </pre>
              </section>
            </figure>
          )}
        </Show>
      </Show>
    </div>
  );
}

function Values(props: { title: string; values: Readonly<Record<string, number>> }) {
  const entries = () => Object.entries(props.values);
  return (
    <Show when={entries().length > 0}>
      <div>
        <dt>{props.title}</dt>
        <dd class="mono small">
          {entries()
            .map(([name, value]) => `${name} = ${value}`)
            .join(', ')}
        </dd>
      </div>
    </Show>
  );
}
