/** Responses on packed rows: every token predicts what it did, and every value is found again. */
import { expect, it } from 'vitest';
import { packSequences, responseTokens, sequencesOf } from '../../src/rlhf/ppo_rows';

const [T, R] = [16, 5];
const PROMPTS = [2, 4, 1, 3];
const RESPONSES = Int32Array.of(5, 1, 2, 3);
const tokens = Int32Array.from({ length: 4 * T }, (_, i) => 100 * Math.floor(i / T) + (i % T));
const sequences = sequencesOf(tokens, PROMPTS, RESPONSES, T);

it('each response token is predicted by the one before it', () => {
  for (const which of [[0, 1, 2, 3], [3, 1], [2]]) {
    const packed = packSequences(sequences, which, { T, R });
    for (const [b, s] of which.entries()) {
      const [prompt, response] = [PROMPTS[s]!, RESPONSES[s]!];
      for (let r = 0; r < R; r++) {
        const from = packed.predicts[b * R + r]!;
        if (r >= response) {
          expect(from).toBe(-1);
          continue;
        }
        expect(packed.ids[from]).toBe(100 * s + prompt + r - 1);
        expect(packed.targets[from]).toBe(100 * s + prompt + r);
        expect(packed.positions[from]).toBe(prompt + r - 1);
        expect(packed.places[from]).toBe(s * R + r);
      }
      expect(packed.ids[packed.last[b]!]).toBe(100 * s + prompt + response - 1);
    }
    const count = responseTokens(sequences, which);
    expect(packed.places.filter((place) => place >= 0)).toHaveLength(count);
    expect(packed.targets.filter((target) => target !== -100)).toHaveLength(count);
  }
});

it('short sequences share a row', () => {
  // 7, 5, 3 and 6 tokens in rows of 16, each from a multiple of 4 on.
  expect(packSequences(sequences, [0, 1, 2, 3], { T, R }).rows).toBe(2);
  expect(packSequences(sequences, [2, 3], { T, R }).rows).toBe(1);
});
