/**
 * Work that can wait a moment, each piece in a task of its own: a room with many charts opens without
 * one long task, and a key pressed meanwhile is answered between two of them.
 */
const waiting: (() => void)[] = [];

/** Queues work for a later task. @returns how to take it back */
export function inTurn(work: () => void): () => void {
  waiting.push(work);
  if (waiting.length === 1) setTimeout(next);
  return () => {
    const at = waiting.indexOf(work);
    // The first one's task is on its way: it finds nothing to do.
    if (at === 0) waiting[0] = () => {};
    else if (at > 0) waiting.splice(at, 1);
  };
}

function next(): void {
  try {
    waiting[0]?.();
  } finally {
    waiting.shift();
    if (waiting.length > 0) setTimeout(next);
  }
}
