/** The ten families and their shares among InstructGPT's prompts (paper, table 1). */
import type { Random } from '../random';
import type { Family } from '../types';
import { chat } from './chat';
import type { FamilyModule } from './family';
import { labels } from './labels';
import { lists } from './lists';
import { closedQuestion, extract, rewrite, summary } from './passages';
import { questions } from './questions';
import { tasks } from './tasks';
import { write } from './write';

export const FAMILIES: Readonly<Record<Family, FamilyModule>> = {
  generation: write,
  open_qa: questions,
  brainstorming: lists,
  chat,
  rewrite,
  summarization: summary,
  classification: labels,
  other: tasks,
  closed_qa: closedQuestion,
  extract,
};

/** Per mille; the paper's percentages, which add up to 99.9. */
export const PROPORTIONS: Readonly<Record<Family, number>> = {
  generation: 456,
  open_qa: 124,
  brainstorming: 112,
  chat: 84,
  rewrite: 66,
  summarization: 42,
  classification: 35,
  other: 35,
  closed_qa: 26,
  extract: 19,
};

export const FAMILY_NAMES = Object.keys(PROPORTIONS) as Family[];

/** `total` families in exact proportion (largest remainders), shuffled. */
export function familiesInProportion(total: number, random: Random): Family[] {
  const sum = FAMILY_NAMES.reduce((acc, family) => acc + PROPORTIONS[family], 0);
  const counts = FAMILY_NAMES.map((family) => Math.floor((PROPORTIONS[family] * total) / sum));
  const remainders = FAMILY_NAMES.map((family, i) => ({
    i,
    left: (PROPORTIONS[family] * total) % sum,
  }));
  remainders.sort((a, b) => b.left - a.left || a.i - b.i);
  const missing = total - counts.reduce((acc, count) => acc + count, 0);
  for (const { i } of remainders.slice(0, missing)) counts[i]!++;
  return random.shuffle(
    FAMILY_NAMES.flatMap((family, i) => Array<Family>(counts[i]!).fill(family)),
  );
}

/** A family drawn with its share. */
export function drawFamily(random: Random): Family {
  return FAMILY_NAMES[random.weighted(FAMILY_NAMES.map((family) => PROPORTIONS[family]))]!;
}
