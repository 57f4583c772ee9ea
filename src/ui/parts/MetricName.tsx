/** A metric's name with its meaning, formula and unit on hover and on focus; Escape closes it. */
import { createUniqueId, onCleanup, Show } from 'solid-js';
import { metricText } from '../metrics';
import styles from './MetricName.module.css';

export function MetricName(props: { name: string; glossary?: string; label?: string }) {
  const id = createUniqueId();
  let button!: HTMLButtonElement;
  let tip!: HTMLSpanElement;
  const text = () => metricText(props.glossary ?? props.name);
  const show = () => {
    tip.showPopover();
    const at = button.getBoundingClientRect();
    const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = at.bottom + 4;
    const fits = below + tip.offsetHeight < innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${fits ? below : at.top - tip.offsetHeight - 4}px`;
  };
  const hide = () => {
    if (tip.matches(':popover-open')) tip.hidePopover();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') hide();
  };
  onCleanup(() => {
    if (tip.isConnected) hide();
  });
  return (
    <span>
      <button
        ref={button}
        type="button"
        class={styles['name']}
        aria-describedby={id}
        onMouseEnter={show}
        onMouseLeave={hide}
        onFocus={show}
        onBlur={hide}
        onKeyDown={onKey}
      >
        {props.label ?? text().label}
      </button>
      <span ref={tip} id={id} role="tooltip" popover="manual" class={styles['tip']}>
        {text().meaning}
        <Show when={text().formula}>
          <span class={styles['formula']}>{text().formula}</span>
        </Show>
        <span class={styles['source']}>
          {[props.name, text().unit, text().source && `paper ${text().source}`]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
    </span>
  );
}
