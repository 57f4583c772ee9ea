/** How sure the reward model is of a pair, and how often it is right then: a point a tenth of pairs. */
import { createSignal, For, Show } from 'solid-js';
import type { Calibration } from '../../lab/api';
import { formatPercent, plural } from '../format';
import styles from './CalibrationPlot.module.css';
import { Choices } from './Choices';

const SPLITS = [
  { value: 'val', label: 'Training labelers' },
  { value: 'heldout', label: 'Held-out labelers' },
] as const;

/** The plot's square in its own units: probabilities from ½ to 1 on x, 0 to 1 on y. */
const SIZE = { width: 300, height: 220, left: 44, bottom: 34, top: 8, right: 22 };
const x = (p: number) => SIZE.left + (p - 0.5) * 2 * (SIZE.width - SIZE.left - SIZE.right);
const y = (p: number) => SIZE.top + (1 - p) * (SIZE.height - SIZE.top - SIZE.bottom);

export function CalibrationPlot(props: {
  of: Readonly<Record<'val' | 'heldout', Calibration>> | null;
}) {
  const [split, setSplit] = createSignal<'val' | 'heldout'>('val');
  const [table, setTable] = createSignal(false);
  return (
    <Show
      when={props.of}
      fallback={
        <p class="muted">
          Whether the reward model’s certainty is deserved will be here once it is trained.
        </p>
      }
    >
      {(of) => (
        <div class={styles['plot']}>
          <div class={styles['head']}>
            <Choices label="Labelers" options={SPLITS} value={split()} onChange={setSplit} />
            <button
              type="button"
              data-plain
              data-small
              aria-pressed={table()}
              onClick={() => setTable(!table())}
            >
              Table
            </button>
          </div>
          <Show when={table()} fallback={<Drawing of={of()[split()]} />}>
            <BinTable of={of()[split()]} />
          </Show>
          <p class="small muted">
            A point on the line is as right as it is sure; below it, it is too sure. Mean distance{' '}
            (expected calibration error): {formatPercent(of()[split()].error, 1)}, over{' '}
            {plural(of()[split()].n, 'pair')}; bars are 95 % intervals.
          </p>
        </div>
      )}
    </Show>
  );
}

function Drawing(props: { of: Calibration }) {
  const summary = () =>
    props.of.bins
      .map((bin) => `${formatPercent(bin.predicted)} sure, ${formatPercent(bin.observed)} right`)
      .join('; ');
  return (
    <svg
      class={styles['drawing']}
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      role="img"
      aria-label={`Calibration: ${summary()}`}
    >
      <For each={[0, 0.25, 0.5, 0.75, 1]}>
        {(p) => (
          <>
            <line class={styles['grid']} x1={x(0.5)} x2={x(1)} y1={y(p)} y2={y(p)} />
            <text x={SIZE.left - 6} y={y(p) + 4} text-anchor="end">
              {formatPercent(p)}
            </text>
          </>
        )}
      </For>
      <For each={[0.5, 0.6, 0.7, 0.8, 0.9, 1]}>
        {(p) => (
          <text x={x(p)} y={SIZE.height - SIZE.bottom + 14} text-anchor="middle">
            {formatPercent(p)}
          </text>
        )}
      </For>
      <text x={(x(0.5) + x(1)) / 2} y={SIZE.height - 4} text-anchor="middle">
        how sure: σ(difference of scores)
      </text>
      <line class={styles['ideal']} x1={x(0.5)} y1={y(0.5)} x2={x(1)} y2={y(1)} />
      <polyline
        class={styles['line']}
        points={props.of.bins.map((bin) => `${x(bin.predicted)},${y(bin.observed)}`).join(' ')}
      />
      <For each={props.of.bins}>
        {(bin) => (
          <g class={styles['bin']}>
            <title>
              {formatPercent(bin.predicted)} sure, {formatPercent(bin.observed)} right,{' '}
              {plural(bin.n, 'pair')}
            </title>
            <line
              x1={x(bin.predicted)}
              x2={x(bin.predicted)}
              y1={y(bin.interval[0])}
              y2={y(bin.interval[1])}
            />
            <circle cx={x(bin.predicted)} cy={y(bin.observed)} r="3.5" />
          </g>
        )}
      </For>
    </svg>
  );
}

function BinTable(props: { of: Calibration }) {
  return (
    <table class={styles['table']}>
      <thead>
        <tr>
          <th scope="col">How sure</th>
          <th scope="col" data-number>
            Right
          </th>
          <th scope="col" data-number>
            95 % interval
          </th>
          <th scope="col" data-number>
            Pairs
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.of.bins}>
          {(bin) => (
            <tr>
              <th scope="row">{formatPercent(bin.predicted, 1)}</th>
              <td data-number>{formatPercent(bin.observed, 1)}</td>
              <td data-number>
                {formatPercent(bin.interval[0])} to {formatPercent(bin.interval[1])}
              </td>
              <td data-number>{bin.n}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
