/** Who ranks, how far they are, and how long an item takes them. */
import { createUniqueId } from 'solid-js';
import { formatDuration } from '../format';
import { Section } from '../parts/Room';
import { useLab } from '../state/lab';
import { labelerName, setLabelerName } from '../state/labeler';
import type { RankingSession } from '../state/ranking';
import styles from './LabelerPanel.module.css';

/** Items between two breaths: a good place to stop. */
const ROUND = 10;

export function LabelerPanel(props: { session: RankingSession | null }) {
  const store = useLab();
  const id = createUniqueId();
  const ranked = () => {
    const counts = Object.entries(store.state.experiment?.labels.byLabeler ?? {});
    const mine = counts.find(([name]) => name === labelerName());
    return props.session?.item()?.done ?? mine?.[1] ?? 0;
  };
  return (
    <Section title="You">
      <label class={styles['name']} for={id}>
        <span>Labeler’s name</span>
        <input
          id={id}
          value={labelerName()}
          maxlength="40"
          onChange={(event) => {
            setLabelerName(event.target.value);
            event.target.value = labelerName();
          }}
        />
      </label>
      <label class={styles['round']}>
        <span>
          Round {Math.floor(ranked() / ROUND) + 1}: {ranked() % ROUND} of {ROUND} items
        </span>
        <progress value={ranked() % ROUND} max={ROUND} />
      </label>
      <dl class={styles['figures']}>
        <div>
          <dt>Ranked</dt>
          <dd>{ranked()}</dd>
        </div>
        <div>
          <dt>Time an item</dt>
          <dd>{formatDuration(props.session?.meanSeconds())}</dd>
        </div>
        <div>
          <dt>Pairs of this item</dt>
          <dd>{props.session?.pairs() ?? 0}</dd>
        </div>
      </dl>
    </Section>
  );
}
