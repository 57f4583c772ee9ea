/** What is said of a node of the lineage, in a line. */
import { formatCount, formatNumber } from '../format';
import type { LineageNode } from './lineage';

/** 27 Nov 2026, 14:05. */
export function formatWhen(epochMilliseconds: number): string {
  const form = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Date(epochMilliseconds).toLocaleString('en-GB', form);
}

/** `step 64` or, of PPO, `iteration 64`. */
export const stepText = ({ training, step }: LineageNode): string | null =>
  step === null ? null : `${training === 'ppo' ? 'iteration' : 'step'} ${formatNumber(step)}`;

/** Step, tokens, figure and time, as far as they are known. */
export function nodeFacts(node: LineageNode): string {
  const parts = [
    stepText(node),
    node.tokens === null ? null : `${formatCount(node.tokens)} tokens`,
    node.figure && `${node.figure.label} ${node.figure.value}`,
    node.made === null ? null : formatWhen(node.made),
    node.origin,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
