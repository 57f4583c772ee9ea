/** A few choices of which one holds, as a row of buttons. */
import { For } from 'solid-js';
import styles from './Choices.module.css';

export function Choices<T extends string>(props: {
  label: string;
  options: readonly { readonly value: T; readonly label: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset class={styles['choices']}>
      <legend class="hidden-visually">{props.label}</legend>
      <For each={props.options}>
        {(option) => (
          <button
            type="button"
            data-small
            aria-pressed={props.value === option.value}
            onClick={() => props.onChange(option.value)}
          >
            {option.label}
          </button>
        )}
      </For>
    </fieldset>
  );
}
