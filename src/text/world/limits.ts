/** How long prompts and completions may be, by a rule that needs no tokenizer. */
import type { WorldPreset } from './types';

/** Tokens of the preset's own vocabulary: prompts, and completions without end-of-text. */
export const LIMITS: Readonly<Record<WorldPreset, { prompt: number; completion: number }>> = {
  nano: { prompt: 24, completion: 31 },
  micro: { prompt: 48, completion: 63 },
  mini: { prompt: 96, completion: 127 },
};

/** An upper estimate of the tokens of a text: marks, numbers and words cost by their length. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  tokens += text.match(/[A-Za-z]+|\d+|[^\sA-Za-z\d]|\n/g)?.length ?? 0;
  return tokens;
}

export function fitsLimits(text: string, limit: number): boolean {
  return estimateTokens(text) <= limit;
}
