/**
 * The step as a flame-like strip: time from left to right, phases above parts above dispatches. For
 * the pointer; everything in it stands in the table too.
 */
import { For } from 'solid-js';
import type { DispatchProfile } from '../../lab/profile_api';
import { formatPercent } from '../format';
import { FAMILIES, familyOf, partsOf, phasesOf, type Segment, sharesOf, totalOf } from './flame';
import { formatMicroseconds } from './numbers';
import styles from './Strip.module.css';

export function Strip(props: {
  dispatches: readonly DispatchProfile[];
  onChoose: (index: number) => void;
}) {
  const total = () => totalOf(props.dispatches);
  const says = (label: string, us: number) =>
    `${label}: ${formatMicroseconds(us)}, ${formatPercent(us / total(), 1)}`;
  return (
    <figure class={styles['figure']}>
      <div class={styles['strip']} aria-hidden="true">
        <Row segments={phasesOf(props.dispatches)} says={says} />
        <Row segments={partsOf(props.dispatches)} says={says} />
        <div class={styles['row']}>
          <For each={props.dispatches}>
            {(dispatch, index) => (
              <button
                type="button"
                tabindex="-1"
                class={styles['dispatch']}
                data-family={familyOf(dispatch.kernel)}
                style={{ 'flex-grow': dispatch.us }}
                title={says(`${dispatch.kernel} → ${dispatch.writes}`, dispatch.us)}
                onClick={() => props.onChoose(index())}
              />
            )}
          </For>
        </div>
      </div>
      <figcaption>
        <ul class={styles['legend']}>
          <For each={sharesOf(props.dispatches)}>
            {({ family, us }) => (
              <li>
                <span class={styles['swatch']} data-family={family} aria-hidden="true" />
                {FAMILIES[family]} {formatPercent(us / total())}
              </li>
            )}
          </For>
        </ul>
      </figcaption>
    </figure>
  );
}

function Row(props: { segments: readonly Segment[]; says: (label: string, us: number) => string }) {
  return (
    <div class={styles['row']}>
      <For each={props.segments}>
        {({ label, us }) => (
          <span class={styles['segment']} style={{ 'flex-grow': us }} title={props.says(label, us)}>
            <span>{label}</span>
          </span>
        )}
      </For>
    </div>
  );
}
