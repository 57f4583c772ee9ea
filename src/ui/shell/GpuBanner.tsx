/** Why the lab cannot compute here, and what to do about it in this browser on this system. */
import { For, Show } from 'solid-js';
import { adviceFor } from '../noGpu';
import { useLab } from '../state/lab';
import styles from './GpuBanner.module.css';

export function GpuBanner() {
  const store = useLab();
  const problem = () => {
    const gpu = store.state.gpu;
    return gpu && !gpu.ok ? gpu : null;
  };
  const lookAgain = () => store.notices.attempt(store.lookForGpu);
  return (
    <>
      <Show when={store.recorded}>
        {(what) => (
          <section class={styles['note']} aria-label="A recorded run">
            <p>
              This is a recorded run ({what()}). Look at everything, rank, judge; nothing is trained
              here and nothing is kept. <a href="./">Leave the recording</a>
            </p>
          </section>
        )}
      </Show>
      <Show when={problem()}>
        {(found) => {
          const advice = () => adviceFor(found().problem, navigator.userAgent, isSecureContext);
          return (
            <section class={styles['banner']} aria-label="No graphics device">
              <h2>{advice().title}</h2>
              <p>{found().message}</p>
              <ul class={styles['steps']}>
                <For each={advice().steps}>{(step) => <li>{step}</li>}</For>
              </ul>
              <p>
                <button type="button" onClick={() => void lookAgain()}>
                  Look for the GPU again
                </button>
              </p>
              <p>
                All rooms stay open to read and to label; only training and sampling need WebGPU.{' '}
                <a href="?recorded#/reinforce">Look at a recorded run</a> to see what they show.
              </p>
            </section>
          );
        }}
      </Show>
      <Show when={store.state.failure}>
        <section class={styles['banner']} role="alert">
          <h2>The lab could not be opened.</h2>
          <p>{store.state.failure}</p>
          <p>
            What was stored is untouched.{' '}
            <button type="button" onClick={() => location.reload()}>
              Reload the page
            </button>
          </p>
        </section>
      </Show>
    </>
  );
}
