/** A study in the bar of what runs: how far it is, and its pause. It goes on from its own room. */
import type { StudyProgress } from '../../lab/api';
import { formatDuration, formatPercent } from '../format';
import { useLab } from '../state/lab';
import { STUDY_NAMES } from '../state/pipeline';
import styles from './RunBar.module.css';

export function StudyBar(props: { study: StudyProgress }) {
  const store = useLab();
  const figures = () => {
    const { share, secondsLeft } = props.study;
    const left = secondsLeft === null ? '' : ` · ${formatDuration(secondsLeft)} left`;
    return `${formatPercent(Math.floor(share * 1000) / 1000, 1)}${left}`;
  };
  const name = () => {
    const text = `${STUDY_NAMES[props.study.study]}: ${props.study.phase}`;
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  return (
    <>
      <div class={styles['words']}>
        <span class={styles['phase']}>{name()}</span>
        <span class={styles['figures']}>{figures()}</span>
        <progress
          class={styles['progress']}
          value={props.study.share}
          max="1"
          aria-label={name()}
        />
      </div>
      <div class={styles['controls']}>
        <button type="button" onClick={() => void store.notices.attempt(() => store.api.pause())}>
          Pause
        </button>
      </div>
    </>
  );
}
