/** The lineage as a list of lists: what came of a model stands below it. */
import { For, type JSX, Show } from 'solid-js';
import styles from './LineageList.module.css';
import type { LineageNode } from './lineage';
import { nodeFacts } from './nodeText';

interface ListProps {
  readonly chosen: string | null;
  readonly onChoose: (key: string) => void;
  /** Shown below the one that is chosen. */
  readonly details: () => JSX.Element;
}

export function LineageList(props: ListProps & { roots: readonly LineageNode[] }) {
  return (
    <ul class={styles['list']} aria-label="Lineage of the models">
      <For each={props.roots}>{(node) => <Entry {...props} node={node} />}</For>
    </ul>
  );
}

function Entry(props: ListProps & { node: LineageNode }) {
  return (
    <li>
      <button
        type="button"
        data-plain
        class={styles['entry']}
        aria-pressed={props.chosen === props.node.key}
        onClick={() => props.onChoose(props.node.key)}
      >
        <span>
          <strong>{props.node.title}</strong>
          <span class={styles['of']}> of {props.node.experiment.name}</span>
        </span>
        <span class={styles['facts']}>{nodeFacts(props.node)}</span>
      </button>
      <Show when={props.chosen === props.node.key}>{props.details()}</Show>
      <Show when={props.node.children.length > 0}>
        <ul>
          <For each={props.node.children}>{(child) => <Entry {...props} node={child} />}</For>
        </ul>
      </Show>
    </li>
  );
}
