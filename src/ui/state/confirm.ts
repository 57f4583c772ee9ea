/** One question at a time that is asked before something is thrown away. */
import { createSignal } from 'solid-js';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button that goes on says: a verb. */
  readonly yes: string;
}

const [question, setQuestion] = createSignal<Question | null>(null);
let settle: ((yes: boolean) => void) | undefined;

export { question };

/** Asks; resolves to whether the person went on. */
export function ask(next: Question): Promise<boolean> {
  settle?.(false);
  setQuestion(next);
  return new Promise((resolve) => {
    settle = resolve;
  });
}

export function answer(yes: boolean): void {
  setQuestion(null);
  settle?.(yes);
  settle = undefined;
}
