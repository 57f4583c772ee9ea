/** The five lessons of `docs/lessons`, by their numbers. The page shows the very same files. */
import first from '../../../docs/lessons/1-a-model-that-continues.md?raw';
import second from '../../../docs/lessons/2-show-it-what-an-answer-is.md?raw';
import third from '../../../docs/lessons/3-teach-it-your-taste.md?raw';
import fourth from '../../../docs/lessons/4-more-reward-worse-answers.md?raw';
import fifth from '../../../docs/lessons/5-the-alignment-tax.md?raw';
import { type Lesson, parseLesson } from './markdown';

const TEXTS = [first, second, third, fourth, fifth];

export interface ListedLesson extends Lesson {
  readonly number: number;
  /** The hash of its link: room, configuration and lesson. */
  readonly hash: string;
}

/** @throws when a lesson has no link of the page's own */
export const LESSONS: readonly ListedLesson[] = TEXTS.map((text, index) => {
  const hash = /\]\(http:\/\/127\.0\.0\.1:4173\/(#[^)]+)\)/.exec(text)?.[1];
  if (!hash) throw new Error(`Lesson ${index + 1} has no link that opens the page.`);
  return { ...parseLesson(text), number: index + 1, hash };
});
