/**
 * GPT-2's pre-tokenizer: cuts text into words that merges never cross (English contractions, a run
 * of letters, of digits or of other signs, each with at most one leading space, and white space).
 * White space is Unicode's property and not JavaScript's `\s`, which differs at U+0085 and U+FEFF.
 * The cut is exhaustive: the words in order are the text.
 */

const WORD =
  /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The words of `text`, in order; their concatenation is `text`. */
export function splitWords(text: string): string[] {
  return text.match(WORD) ?? [];
}
