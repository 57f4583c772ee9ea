/** Events on their way to whoever listens: batched, at most ten batches a second. */
import type { LabEvent, Progress } from './api';

const BATCH_MS = 100;

export class EventQueue {
  /** The latest progress, for a page that has just been reloaded. */
  progress: Progress | null = null;
  private readonly listeners: ((events: LabEvent[]) => void)[] = [];
  private queued: LabEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  listen(listener: (events: LabEvent[]) => void): void {
    this.listeners.push(listener);
  }

  /** Queues an event; of several progress events in a batch only the last is kept. */
  emit = (event: LabEvent): void => {
    if (event.type === 'progress') {
      this.progress = event.progress;
      this.queued = this.queued.filter(({ type }) => type !== 'progress');
    }
    this.queued.push(event);
    this.timer ??= setTimeout(this.flush, BATCH_MS);
  };

  /** Hands over what is queued, now. */
  flush = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.queued;
    this.queued = [];
    if (events.length === 0) return;
    for (const listener of this.listeners) listener(events);
  };
}
