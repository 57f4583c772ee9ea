/** The paper's numbers beside the numbers here. */
import { For } from 'solid-js';
import { FIELDS, type Field, type FieldKey } from '../../config/fields';
import { useLab } from '../state/lab';

export interface PaperRow {
  readonly what: string;
  readonly paper: string;
  readonly here: string;
}

/** A figure stays on one line with its unit and its margin. */
const unbroken = (figure: string) => figure.replace(/ (?=[±%])|(?<=±) /g, '\u00a0');

export function PaperTable(props: { rows: readonly PaperRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <td />
          <th scope="col">In the paper</th>
          <th scope="col">Here</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <th scope="row">{row.what}</th>
              <td>{unbroken(row.paper)}</td>
              <td>{unbroken(row.here)}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

/** Rows for settings: the schema's paper value, and the open experiment's. */
export function useSettingRows(keys: readonly FieldKey[]): () => PaperRow[] {
  const store = useLab();
  return () =>
    keys.map((key) => {
      const field: Field = FIELDS[key];
      const value =
        store.state.experiment?.config.settings[key] ?? field.defaults[store.defaultPreset()];
      return {
        what: field.label,
        paper: field.paper ?? '–',
        here:
          typeof value === 'number'
            ? value.toLocaleString('en-US', { maximumSignificantDigits: 6 })
            : value
              ? 'on'
              : 'off',
      };
    });
}
