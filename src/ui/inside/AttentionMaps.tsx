/** Every head of every layer as a small map, and the chosen one large enough to point into. */
import { createEffect, For, Show } from 'solid-js';
import type { Inspection } from '../../lab/api';
import { formatPercent } from '../format';
import { visibleToken } from '../parts/tokens';
import styles from './AttentionMaps.module.css';
import { drawMap } from './maps';
import { attentionOf, type Head } from './reading';
import type { Selection } from './selection';

const nameOf = ({ layer, head }: Head) =>
  `layer ${layer + 1}, ${head === null ? 'mean of its heads' : `head ${head + 1}`}`;

export function AttentionMaps(props: { inspection: Inspection; selection: Selection }) {
  const heads = (layer: number): Head[] => [
    ...Array.from({ length: props.inspection.heads }, (_, head) => ({ layer, head })),
    { layer, head: null },
  ];
  return (
    <section class={styles['maps']}>
      <h3>Attention: {nameOf(props.selection.head())}</h3>
      <p class="small muted">
        A row is a token that looks, a column one that is looked at; strong colour is much
        attention.
      </p>
      <LargeMap {...props} />
      <div class={styles['grid']}>
        <For each={Array.from({ length: props.inspection.layers }, (_, layer) => layer)}>
          {(layer) => (
            <fieldset class={styles['layer']}>
              <legend class="small muted">Layer {layer + 1}</legend>
              <For each={heads(layer)}>
                {(head) => (
                  <SmallMap inspection={props.inspection} selection={props.selection} head={head} />
                )}
              </For>
            </fieldset>
          )}
        </For>
      </div>
    </section>
  );
}

function SmallMap(props: { inspection: Inspection; selection: Selection; head: Head }) {
  let canvas!: HTMLCanvasElement;
  createEffect(() => drawMap(canvas, props.inspection, props.head));
  const chosen = () => {
    const { layer, head } = props.selection.head();
    return layer === props.head.layer && head === props.head.head;
  };
  return (
    <button
      type="button"
      class={styles['small']}
      aria-pressed={chosen()}
      aria-label={`Show ${nameOf(props.head)}`}
      title={nameOf(props.head)}
      onClick={() => props.selection.chooseHead(props.head)}
    >
      <canvas ref={canvas} />
      <span>{props.head.head === null ? 'mean' : props.head.head + 1}</span>
    </button>
  );
}

function LargeMap(props: { inspection: Inspection; selection: Selection }) {
  let canvas!: HTMLCanvasElement;
  const T = () => props.inspection.tokens.length;
  createEffect(() => drawMap(canvas, props.inspection, props.selection.head()));
  const onMove = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    const cell = (offset: number, size: number) =>
      Math.max(0, Math.min(T() - 1, Math.floor((offset / size) * T())));
    const query = cell(event.clientY - box.top, box.height);
    const key = cell(event.clientX - box.left, box.width);
    props.selection.point(query);
    props.selection.pointKey(key <= query ? key : null);
  };
  const leave = () => {
    props.selection.point(null);
    props.selection.pointKey(null);
  };
  const pair = () => {
    const key = props.selection.key();
    const query = props.selection.position();
    if (key === null) return 'Point into the map, or walk along the tokens with ← and →.';
    const text = (at: number) => visibleToken(props.inspection.tokens[at]!);
    const weight = attentionOf(props.inspection, props.selection.head(), query)[key]!;
    return `${text(query)} (${query + 1}) gives ${text(key)} (${key + 1}) ${formatPercent(weight, 1)}`;
  };
  const line = (at: number) => `${(at / T()) * 100}%`;
  return (
    <div class={styles['large']}>
      {/* The same weights are read at the tokens above, by keyboard too. */}
      <div class={styles['frame']} onPointerMove={onMove} onPointerLeave={leave}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Attention map, ${nameOf(props.selection.head())}`}
        />
        <i
          class={styles['query']}
          style={{ top: line(props.selection.position()), height: line(1) }}
        />
        <Show when={props.selection.key() !== null}>
          <i class={styles['key']} style={{ left: line(props.selection.key()!), width: line(1) }} />
        </Show>
      </div>
      <p class={styles['pair']}>{pair()}</p>
    </div>
  );
}
