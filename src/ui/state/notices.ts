/** Short messages with a way out: errors of the lab, and the chance to undo. */
import { createStore, produce } from 'solid-js/store';

export interface Notice {
  readonly id: number;
  readonly level: 'info' | 'error';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Notices {
  readonly list: readonly Notice[];
  /** Shows a message; without `seconds` it stays until it is dismissed. @returns its id */
  show(notice: Omit<Notice, 'id'>, seconds?: number): number;
  dismiss(id: number): void;
  /** Runs something that may fail; a failure becomes a notice. @returns whether it succeeded */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : String(error);
}

export function createNotices(): Notices {
  const [list, setList] = createStore<Notice[]>([]);
  let last = 0;
  const dismiss = (id: number) => {
    setList((notices) => notices.filter((notice) => notice.id !== id));
  };
  const show: Notices['show'] = (notice, seconds) => {
    const id = ++last;
    setList(
      produce((notices) => {
        // The same sentence twice helps nobody.
        const same = notices.findIndex((old) => old.text === notice.text);
        if (same >= 0) notices.splice(same, 1);
        notices.push({ ...notice, id });
      }),
    );
    if (seconds !== undefined) setTimeout(() => dismiss(id), seconds * 1000);
    return id;
  };
  return {
    list,
    show,
    dismiss,
    async attempt(work) {
      try {
        await work();
        return true;
      } catch (error) {
        show({ level: 'error', text: messageOf(error) });
        return false;
      }
    },
  };
}
