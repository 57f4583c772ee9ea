/**
 * One writer an experiment, among all tabs of this browser. Who writes holds a Web Lock, which the
 * browser takes back when the tab ends, however it ends; the others follow the writer's events on
 * a channel. Taking over is asked for: the writer stores what it has and lets go; only one that
 * does not answer has its lock taken away.
 */
import type { LabEvent, Snapshot } from './api';

type Message =
  | { readonly type: 'ping' | 'here' | 'yield' }
  | { readonly type: 'events'; readonly events: LabEvent[] }
  | { readonly type: 'ask'; readonly nonce: string }
  | { readonly type: 'answer'; readonly nonce: string; readonly snapshot: Snapshot | null };

/** A tab that was just reloaded may hold its lock for a moment yet. */
const RELOAD_MS = 3000;
/** A step in flight and a checkpoint take this long at most. */
const YIELD_MS = 30_000;
const ANSWER_MS = 1000;

const nameOf = (id: string) => `pocket-rlhf/${id}`;

/** What a tab does when another asks. */
export interface TabHandlers {
  /** Another tab wants to write: store everything, then resolve. */
  readonly yield: () => Promise<void>;
  /** The lock was taken away: write nothing more. */
  readonly stolen: () => void;
  /** No tab writes any more. */
  readonly free: () => void;
  readonly events: (events: LabEvent[]) => void;
  readonly snapshot: () => Snapshot | null;
}

export class Tabs {
  private readonly channel: BroadcastChannel;
  private readonly ended = new AbortController();
  private release: (() => void) | undefined;
  private readonly waiting = new Map<string, (snapshot: Snapshot | null) => void>();
  private heard: () => void = () => {};

  private constructor(
    private readonly id: string,
    private readonly handlers: TabHandlers,
  ) {
    this.channel = new BroadcastChannel(nameOf(id));
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => void this.take(data);
  }

  /** Joins the tabs of an experiment; `isWriter` tells whether it is this one's to change. */
  static async join(id: string, handlers: TabHandlers): Promise<Tabs> {
    const tabs = new Tabs(id, handlers);
    await tabs.lock(RELOAD_MS, true);
    if (!tabs.isWriter) tabs.watch();
    return tabs;
  }

  get isWriter(): boolean {
    return this.release !== undefined;
  }

  /**
   * Becomes the writer: asks who is, and takes the lock away from one that does not let go.
   * @param patience in ms
   */
  async takeOver(patience = YIELD_MS): Promise<void> {
    if (this.isWriter) return;
    this.post({ type: 'yield' });
    await this.lock(patience, false);
    if (!this.isWriter) await this.request({ steal: true });
  }

  /** Sends what happens to the tabs that look on. */
  broadcast(events: LabEvent[]): void {
    const theirs = events.filter(({ type }) => type !== 'access');
    if (this.isWriter && theirs.length > 0) this.post({ type: 'events', events: theirs });
  }

  /** The experiment as its writer sees it; null where nobody answers. */
  ask(): Promise<Snapshot | null> {
    const nonce = crypto.randomUUID();
    return new Promise((resolve) => {
      const done = (snapshot: Snapshot | null) => {
        this.waiting.delete(nonce);
        resolve(snapshot);
      };
      this.waiting.set(nonce, done);
      setTimeout(done, ANSWER_MS, null);
      this.post({ type: 'ask', nonce });
    });
  }

  leave(): void {
    this.ended.abort();
    this.letGo();
    this.channel.close();
  }

  private letGo(): void {
    this.release?.();
    this.release = undefined;
  }

  private post(message: Message): void {
    if (!this.ended.signal.aborted) this.channel.postMessage(message);
  }

  private async take(message: Message): Promise<void> {
    const { handlers } = this;
    if (message.type === 'here') this.heard();
    else if (message.type === 'answer') this.waiting.get(message.nonce)?.(message.snapshot);
    else if (message.type === 'events') {
      if (!this.isWriter) handlers.events(message.events);
    } else if (!this.isWriter) return;
    else if (message.type === 'ping') this.post({ type: 'here' });
    else if (message.type === 'ask') {
      this.post({ type: 'answer', nonce: message.nonce, snapshot: handlers.snapshot() });
    } else if (message.type === 'yield') {
      await handlers.yield();
      this.letGo();
      this.watch();
    } else message.type satisfies never;
  }

  /** Waits for the lock; with `unlessHeld` only until a living writer answers. */
  private async lock(milliseconds: number, unlessHeld: boolean): Promise<void> {
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), milliseconds);
    this.heard = () => {
      if (unlessHeld) enough.abort();
    };
    const asked = this.request({ signal: AbortSignal.any([enough.signal, this.ended.signal]) });
    if (unlessHeld) this.post({ type: 'ping' });
    await asked;
    clearTimeout(timer);
    this.heard = () => {};
  }

  /** Resolves when the lock is held, or when it will not be. */
  private request(options: LockOptions): Promise<void> {
    const { locks } = globalThis.navigator ?? {};
    if (!locks) {
      this.release = () => {};
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const hold = () =>
        new Promise<void>((release) => {
          this.release = release;
          resolve();
        });
      locks.request(nameOf(this.id), options, hold).then(
        () => {},
        () => {
          // Either the waiting was given up, or another tab has taken the lock away.
          const was = this.isWriter;
          this.release = undefined;
          resolve();
          if (was) this.handlers.stolen();
          if (was) this.watch();
        },
      );
    });
  }

  /** Tells when the writer is gone: a lock asked for is granted then. */
  private watch(): void {
    const { signal } = this.ended;
    const gone = () => {
      if (!this.isWriter && !signal.aborted) this.handlers.free();
    };
    globalThis.navigator?.locks
      ?.request(nameOf(this.id), { signal, mode: 'shared' }, gone)
      .catch(() => {});
  }
}

/** Runs work on an experiment that no tab has open. @returns whether it was run */
export async function whileUnused(id: string, work: () => Promise<void>): Promise<boolean> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return work().then(() => true);
  return locks.request(nameOf(id), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}
