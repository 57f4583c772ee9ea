/** What a copy keeps and what it trains again, in one line. */
import type { Holdings, Inheritance, Output } from '../../lab/inheritance';
import { list, plural } from '../format';

/** Outputs in words; two that make up a stage are one. */
function names(outputs: readonly Output[]): string[] {
  const has = (output: Output) => outputs.includes(output);
  const words = [
    has('base') && 'the base model',
    has('sft') && 'SFT',
    has('sft_for_rl') && 'SFT for RL',
    has('rankings') && !has('reward') && 'the simulated labelers’ rankings',
    has('reward') && 'the reward model',
    has('ppo') && 'PPO',
    has('evaluate') && 'the comparison',
  ];
  return words.filter((word) => word !== false);
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What people made that goes along, or stays behind. */
const people = ({ ranked }: Holdings, demonstrations: boolean, rankings: boolean): string[] => [
  ...(demonstrations ? ['the edited demonstrations'] : []),
  ...(rankings ? [`${plural(ranked, 'ranking')} by people`] : []),
];

export function keptSentence(from: Holdings, kept: Inheritance): string {
  const along = [...names([...kept.outputs]), ...people(from, kept.demonstrations, kept.rankings)];
  const again = names(from.outputs.filter((output) => !kept.outputs.has(output)));
  const behind = people(
    from,
    from.edited && !kept.demonstrations,
    from.ranked > 0 && !kept.rankings,
  );
  const parts = [
    along.length > 0 ? `Kept: ${list(along)}` : 'Kept: the settings alone',
    ...(again.length > 0 ? [`made again: ${list(again)}`] : []),
    ...(behind.length > 0 ? [`left behind: ${list(behind)}`] : []),
  ];
  return `${capital(parts.join('; '))}.`;
}
