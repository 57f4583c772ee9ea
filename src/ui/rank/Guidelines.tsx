/** What labelers are asked to look at, in the order of the paper's instructions (appendix B.2). */
import styles from './Guidelines.module.css';

export function Guidelines() {
  return (
    <details class={styles['guidelines']}>
      <summary>Guidelines for labelers</summary>
      <div class={styles['text']}>
        <p>
          You judge how well an answer serves the person who asked. Read the prompt first, then all
          answers, then place them.
        </p>
        <dl>
          <dt>Helpful</dt>
          <dd>
            It does what was asked, all of it, stays on the subject, and stops when it is done.
          </dd>
          <dt>Honest</dt>
          <dd>It says nothing that is wrong in this town. Look the fact up in Base if in doubt.</dd>
          <dt>Harmless</dt>
          <dd>It is not rude, insults nobody and advises nothing that hurts.</dd>
        </dl>
        <p>
          Where they pull apart, ask which answer you would rather get from somebody who helps you.
          A wrong fact weighs more than a clumsy sentence; a rude answer more than a short one.
        </p>
        <p>
          Equal answers may tie. Skip what you cannot judge: a guess teaches the reward model your
          guesses.
        </p>
      </div>
    </details>
  );
}
