/**
 * The form of the settings, made from the one table of fields: label, bounds, help, the preset's
 * default and the paper's value, which one click takes over.
 */
import { createUniqueId, For, Match, Show, Switch } from 'solid-js';
import {
  FIELD_KEYS,
  FIELDS,
  type Field,
  type FieldKey,
  type NumberField,
  type Preset,
  type Section,
  type Settings,
} from '../../config/fields';
import { paperNumber } from '../format';
import styles from './SettingsForm.module.css';
import { SECTION_TITLES } from './sections';

interface FormProps {
  readonly sections: readonly Section[];
  readonly preset: Preset;
  readonly values: Settings;
  readonly disabled?: boolean;
  readonly onChange: (key: FieldKey, value: number | boolean) => void;
}

export function SettingsForm(props: FormProps) {
  const keysOf = (section: Section) => FIELD_KEYS.filter((key) => key.startsWith(`${section}.`));
  return (
    <div class={styles['form']}>
      <For each={props.sections}>
        {(section) => (
          <fieldset disabled={props.disabled ?? false} class={styles['section']}>
            <legend>{SECTION_TITLES[section]}</legend>
            <For each={keysOf(section)}>{(key) => <FieldRow {...props} name={key} />}</For>
          </fieldset>
        )}
      </For>
    </div>
  );
}

function FieldRow(props: FormProps & { name: FieldKey }) {
  const id = createUniqueId();
  const field = (): Field => FIELDS[props.name];
  const value = () => props.values[props.name];
  const fallback = () => field().defaults[props.preset];
  return (
    <div class={styles['row']} data-changed={value() !== fallback() ? '' : undefined}>
      <label for={id} class={styles['label']}>
        {field().label}
        <span class={styles['key']}>{props.name}</span>
      </label>
      <div class={styles['value']}>
        <Switch>
          <Match when={field().kind === 'switch'}>
            <input
              id={id}
              type="checkbox"
              checked={value() === true}
              onChange={(event) => props.onChange(props.name, event.target.checked)}
            />
          </Match>
          <Match when={field().kind !== 'switch'}>
            <NumberInput
              id={id}
              field={field() as NumberField}
              value={value() as number}
              describedBy={`${id}-help`}
              onChange={(number) => props.onChange(props.name, number)}
            />
          </Match>
        </Switch>
        <Show when={value() !== fallback()}>
          <button
            type="button"
            data-plain
            data-small
            onClick={() => props.onChange(props.name, fallback())}
          >
            default {String(fallback())}
          </button>
        </Show>
        <PaperValue
          field={field()}
          value={value()}
          onTake={(number) => props.onChange(props.name, number)}
        />
      </div>
      <p id={`${id}-help`} class={styles['help']}>
        {field().help}
      </p>
    </div>
  );
}

/** A number that is taken over when it is in bounds; what is out of bounds is marked and kept out. */
export function NumberInput(props: {
  id?: string;
  label?: string;
  field: NumberField;
  value: number;
  disabled?: boolean;
  describedBy?: string;
  onChange: (value: number) => void;
}) {
  return (
    <input
      id={props.id}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      class={styles['number']}
      type="number"
      step={props.field.kind === 'integer' ? 1 : 'any'}
      min={props.field.min}
      max={props.field.max}
      required
      disabled={props.disabled ?? false}
      value={props.value}
      onChange={(event) => {
        if (event.target.checkValidity()) props.onChange(event.target.valueAsNumber);
        else event.target.reportValidity();
      }}
    />
  );
}

function PaperValue(props: {
  field: Field;
  value: number | boolean;
  onTake: (value: number) => void;
}) {
  const taken = () => {
    const { field } = props;
    if (field.kind === 'switch' || field.paper === undefined) return null;
    const number = paperNumber(field.paper);
    return number !== null && number >= field.min && number <= field.max ? number : null;
  };
  return (
    <Show when={props.field.paper}>
      {(paper) => (
        <Show
          when={taken() !== null && taken() !== props.value}
          fallback={<span class={styles['paper']}>paper: {paper()}</span>}
        >
          <button
            type="button"
            data-plain
            data-small
            title="Take the paper’s value"
            onClick={() => props.onTake(taken()!)}
          >
            paper: {paper()}
          </button>
        </Show>
      )}
    </Show>
  );
}
