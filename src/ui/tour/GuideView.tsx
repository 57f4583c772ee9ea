/** The tour or the lesson that is open, if one is. */
import { lazy, Match, Suspense, Switch } from 'solid-js';
import { guide } from '../state/guide';
import { Tour } from './Tour';

const LessonView = lazy(() => import('../lessons/LessonView'));

export function GuideView() {
  const tour = () => {
    const now = guide();
    return now?.kind === 'tour' ? now : null;
  };
  const lesson = () => {
    const now = guide();
    return now?.kind === 'lesson' ? now : null;
  };
  return (
    <Switch>
      <Match when={tour()}>{(now) => <Tour at={now().at} />}</Match>
      <Match when={lesson()}>
        {(now) => (
          <Suspense>
            <LessonView lesson={now().lesson} at={now().at} />
          </Suspense>
        )}
      </Match>
    </Switch>
  );
}
