/** The settings of PPO that one turns while it runs: β, γ, clip, learning rates. */
import { createUniqueId, For } from 'solid-js';
import { FIELDS, type FieldKey, type NumberField } from '../../config/fields';
import { Section } from '../parts/Room';
import { NumberInput } from '../parts/SettingsForm';
import { useLab } from '../state/lab';
import styles from './PpoControls.module.css';

/** The ends of each slider; the input beside it takes everything that the schema allows. */
const CONTROLS = [
  { key: 'ppo.kl_coef', from: 0.001, to: 2 },
  { key: 'ppo.ptx_coef', from: 0.01, to: 30 },
  { key: 'ppo.cliprange', from: 0.01, to: 1 },
  { key: 'ppo.policy_lr', from: 1e-6, to: 1e-2 },
  { key: 'ppo.value_lr', from: 1e-6, to: 1e-2 },
] as const satisfies readonly { key: FieldKey; from: number; to: number }[];

type Control = (typeof CONTROLS)[number];

const POSITIONS = 200;
/** Position 0 is the value 0; the rest is logarithmic. */
const positionOf = ({ from, to }: Control, value: number): number =>
  value <= 0 ? 0 : Math.round(1 + ((POSITIONS - 1) * Math.log(value / from)) / Math.log(to / from));
const valueAt = ({ from, to }: Control, position: number): number =>
  position <= 0
    ? 0
    : Number((from * (to / from) ** ((position - 1) / (POSITIONS - 1))).toPrecision(2));

export function PpoControls() {
  const store = useLab();
  const usable = () => store.state.experiment !== null && store.status('ppo') !== 'done';
  return (
    <Section
      title="Controls"
      aside={
        <span class="small muted">
          {usable() || !store.state.experiment
            ? 'taken up by the next iteration'
            : 'as they ran; start over to change them'}
        </span>
      }
    >
      <ul class={styles['controls']}>
        <For each={CONTROLS}>{(control) => <Row control={control} usable={usable()} />}</For>
      </ul>
    </Section>
  );
}

function Row(props: { control: Control; usable: boolean }) {
  const store = useLab();
  const id = createUniqueId();
  const field = (): NumberField => FIELDS[props.control.key];
  const value = () =>
    store.state.experiment?.config.settings[props.control.key] ??
    field().defaults[store.defaultPreset()];
  const set = (next: number) => void store.set(props.control.key, next);
  return (
    <li class={styles['row']}>
      <label class={styles['label']} for={id}>
        {field().label}
      </label>
      <span class={styles['paper']}>paper: {field().paper}</span>
      <input
        id={id}
        class={styles['slider']}
        type="range"
        min="0"
        max={POSITIONS}
        disabled={!props.usable}
        value={positionOf(props.control, value())}
        aria-valuetext={String(value())}
        onChange={(event) => set(valueAt(props.control, event.target.valueAsNumber))}
      />
      <NumberInput
        label={`${field().label}, exact value`}
        field={field()}
        value={value()}
        disabled={!props.usable}
        onChange={set}
      />
    </li>
  );
}
