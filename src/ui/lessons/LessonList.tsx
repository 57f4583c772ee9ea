/** The five lessons by name; each opens the page as it needs it. */
import { For } from 'solid-js';
import styles from './LessonList.module.css';
import { LESSONS } from './lessons';

export default function LessonList(props: { onChoose: () => void }) {
  return (
    <ol class={styles['list']}>
      <For each={LESSONS}>
        {(lesson) => (
          <li>
            <a href={lesson.hash} onClick={() => props.onChoose()}>
              {lesson.title}
            </a>
          </li>
        )}
      </For>
    </ol>
  );
}
