/** The lineage as a picture: a column a stage, a row a branch; arrow keys move. */
import { createEffect, createSignal, For, Show } from 'solid-js';
import { useLab } from '../state/lab';
import styles from './LineagePicture.module.css';
import type { Placed } from './lineage';
import { nodeFacts, stepText } from './nodeText';

/** Sizes in px: of a card, and of the gaps that the lines run through. */
const CARD = { width: 200, height: 54 };
const GAP = { x: 48, y: 14 };
/** Above the first row, for the names of the columns. */
const HEAD = 28;
const COLUMNS = ['Base', 'SFT', 'Reward model', 'PPO'];

const leftOf = ({ column }: Placed) => column * (CARD.width + GAP.x);
const topOf = ({ row }: Placed) => HEAD + row * (CARD.height + GAP.y);

/** From the right edge of what a model came of to its own left edge, round the corner. */
function edge(from: Placed, to: Placed): string {
  const [x0, y0] = [leftOf(from) + CARD.width, topOf(from) + CARD.height / 2];
  const [x1, y1] = [leftOf(to), topOf(to) + CARD.height / 2];
  if (y0 === y1) return `M${x0} ${y0}H${x1}`;
  const [middle, r] = [x0 + GAP.x / 2, 8];
  return `M${x0} ${y0}H${middle - r}q${r} 0 ${r} ${r}V${y1 - r}q0 ${r} ${r} ${r}H${x1}`;
}

export function LineagePicture(props: {
  nodes: readonly Placed[];
  chosen: string | null;
  onChoose: (key: string) => void;
}) {
  const store = useLab();
  let host!: HTMLDivElement;
  /** The one that Tab reaches. */
  const [current, setCurrent] = createSignal('');
  createEffect(() => {
    const { nodes } = props;
    if (!nodes.some(({ node }) => node.key === current())) setCurrent(nodes[0]?.node.key ?? '');
  });
  const width = () => Math.max(...props.nodes.map((at) => leftOf(at) + CARD.width));
  const height = () => Math.max(...props.nodes.map((at) => topOf(at) + CARD.height));
  const several = () => new Set(props.nodes.map(({ node }) => node.experiment.id)).size > 1;
  const move = (event: KeyboardEvent, at: Placed) => {
    const to = neighbour(props.nodes, at, event.key);
    if (!to) return;
    event.preventDefault();
    setCurrent(to.node.key);
    host.querySelectorAll('button')[props.nodes.indexOf(to)]?.focus();
  };
  return (
    <section class={styles['scroll']} aria-label="Lineage of the models; arrow keys move">
      <div
        ref={host}
        class={styles['picture']}
        style={{ width: `${width()}px`, height: `${height()}px` }}
      >
        <For each={COLUMNS.slice(0, 1 + Math.max(...props.nodes.map(({ column }) => column)))}>
          {(name, column) => (
            <span
              class={styles['column']}
              style={{ left: `${column() * (CARD.width + GAP.x)}px` }}
              aria-hidden="true"
            >
              {name}
            </span>
          )}
        </For>
        <svg class={styles['lines']} width={width()} height={height()} aria-hidden="true">
          <For each={props.nodes}>
            {(at) => <Show when={at.parent}>{(parent) => <path d={edge(parent(), at)} />}</Show>}
          </For>
        </svg>
        <For each={props.nodes}>
          {(at) => (
            <button
              type="button"
              class={styles['card']}
              style={{
                left: `${leftOf(at)}px`,
                top: `${topOf(at)}px`,
                width: `${CARD.width}px`,
                height: `${CARD.height}px`,
              }}
              data-mine={at.node.experiment.id === store.state.experiment?.id ? '' : undefined}
              data-half={at.node.model === null ? '' : undefined}
              tabindex={at.node.key === current() ? 0 : -1}
              aria-pressed={props.chosen === at.node.key}
              aria-label={`${at.node.title} of ${at.node.experiment.name}${at.parent ? `, from ${at.parent.node.title}` : ''}: ${nodeFacts(at.node)}`}
              title={nodeFacts(at.node)}
              onFocus={() => setCurrent(at.node.key)}
              onKeyDown={(event) => move(event, at)}
              onClick={() => props.onChoose(at.node.key)}
            >
              <span class={styles['title']}>{at.node.title}</span>
              <span class={styles['fact']}>
                {several()
                  ? at.node.experiment.name
                  : (at.node.figure?.value ?? stepText(at.node) ?? '')}
              </span>
            </button>
          )}
        </For>
      </div>
    </section>
  );
}

/** Left is what it came of, right what came of it first; up and down stay in the column. */
function neighbour(nodes: readonly Placed[], at: Placed, key: string): Placed | undefined {
  if (key === 'ArrowLeft') return at.parent ?? undefined;
  if (key === 'ArrowRight') return nodes.find(({ parent }) => parent === at);
  if (key === 'Home') return nodes[0];
  if (key === 'End') return nodes.at(-1);
  const column = nodes.filter((one) => one.column === at.column).sort((a, b) => a.row - b.row);
  const index = column.indexOf(at);
  if (key === 'ArrowDown') return column[index + 1];
  if (key === 'ArrowUp') return column[index - 1];
  return undefined;
}
