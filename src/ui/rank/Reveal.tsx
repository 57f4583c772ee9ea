/** What wrote the completions of the item before, now that it has been submitted. */
import { For } from 'solid-js';
import { plural } from '../format';
import { Section } from '../parts/Room';
import { WRITER_NAMES } from '../parts/writers';
import type { Revealed } from '../state/ranking';
import { letterOf } from './Card';
import styles from './Reveal.module.css';

export function Reveal(props: { revealed: Revealed }) {
  const ranked = () =>
    props.revealed.ranks
      .map((rank, item) => ({ rank, item }))
      .sort((a, b) => a.rank - b.rank || a.item - b.item);
  return (
    <Section
      title="The item before"
      aside={
        <span class="small muted">
          {props.revealed.again
            ? `seen before: ${props.revealed.again.alike} of ${plural(props.revealed.again.pairs, 'pair')} as then`
            : `gave ${plural(props.revealed.pairs, 'pair')}`}
        </span>
      }
    >
      <ol class={styles['list']}>
        <For each={ranked()}>
          {({ rank, item }) => (
            <li>
              <span class={styles['rank']}>{rank}</span>
              <span>
                <strong>{WRITER_NAMES[props.revealed.writers[item]!]}</strong>{' '}
                <span class="muted">
                  {letterOf(item)}: {props.revealed.item.completions[item]?.trim()}
                </span>
              </span>
            </li>
          )}
        </For>
      </ol>
    </Section>
  );
}
