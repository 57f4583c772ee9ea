/** A person's edition of the demonstrations: added, changed, removed and put back. */
import type { DemonstrationRecord } from './api';
import type { Session } from './session';
import { demonstrationsOf } from './sft_stage';

export function demonstrationPage(
  { experiment, material }: Session,
  from: number,
  count: number,
): { total: number; items: DemonstrationRecord[] } {
  const all = demonstrationsOf(experiment, material);
  return { total: all.length, items: all.slice(from, from + count) };
}

/** @param place index in the list, and whether it is put before what is there or in its stead */
export async function putDemonstration(
  session: Session,
  { prompt, completion }: DemonstrationRecord,
  place?: { readonly index: number; readonly insert: boolean },
): Promise<void> {
  if (prompt.trim() === '' || completion.trim() === '') {
    throw new Error('A demonstration needs a prompt and an answer.');
  }
  const spaced = /^\s/.test(completion) ? completion : ` ${completion}`;
  await change(session, (all) => {
    const { index, insert } = place ?? { index: all.length, insert: true };
    all.splice(index, insert ? 0 : 1, { prompt, completion: spaced });
  });
}

export async function removeDemonstration(
  session: Session,
  index: number,
): Promise<DemonstrationRecord> {
  let removed: DemonstrationRecord | undefined;
  await change(session, (all) => {
    [removed] = all.splice(index, 1);
    if (!removed) throw new Error(`There is no demonstration ${index}.`);
  });
  return removed!;
}

async function change(
  { experiment, material }: Session,
  edit: (all: DemonstrationRecord[]) => void,
): Promise<void> {
  const all = [...demonstrationsOf(experiment, material)];
  edit(all);
  experiment.parts.demonstrations = all;
  await experiment.save('demonstrations');
}
