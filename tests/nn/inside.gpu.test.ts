/** A look inside against the f64 reference: attention of every head, and the head at every depth. */
import { describe, expect, test } from 'vitest';
import { lookInside } from '../../src/nn/inside';
import { expectClose } from '../reference/compare';
import { gptForward, lmLogits } from '../reference/gpt';
import { layernormForward } from '../reference/layernorm';
import { type GptConfig, initParams } from '../reference/params';
import { testGpu } from '../support/kernel';
import { otherKind, rounded, TOLERANCE, uploadModel } from './support';

const gpu = await testGpu();
const config: GptConfig = { L: 3, C: 12, H: 3, V: 53, T: 16 };
const ids = [3, 17, 3, 41, 52, 0, 17];
const T = ids.length;
const K = 5;

/** The reference's residual stream after `depth` blocks, behind ln_f, [T,C]. */
function hiddenAt(params: ReturnType<typeof rounded>, depth: number) {
  const { embedding, blocks } = gptForward(config, params, ids, { B: 1, T });
  const x = depth === 0 ? embedding : blocks[depth - 1]!.out;
  const [weight, bias] = ['weight', 'bias'].map((name) => params[`transformer.ln_f.${name}`]!);
  return layernormForward(x, weight!, bias!, T, config.C).y;
}

describe.each([
  ['this adapter', gpu],
  ['the other kind', otherKind(gpu)],
])('on %s', (_, device) => {
  test('a language model shows attention, next tokens at every depth, and the last logits', async () => {
    const params = rounded(initParams(config, 5, { std: 0.5, noise: 0.3 }));
    const weights = uploadModel(device, config, 'lm', params);
    const before = device.counters.bytes;
    const inside = await lookInside(device, weights, Int32Array.from(ids), K);
    expect(device.counters.bytes, 'nothing is left on the GPU').toBe(before);
    device.free(weights.arena);

    const { blocks } = gptForward(config, params, ids, { B: 1, T });
    const probs = blocks.flatMap((block) => Array.from(block.probs));
    expectClose(inside.attention, probs, TOLERANCE, 'attention');
    const lens = inside.lens!;
    for (let depth = 0; depth <= config.L; depth++) {
      const logits = lmLogits(config, params, hiddenAt(params, depth));
      if (depth === config.L) expectClose(lens.logits, logits, TOLERANCE, 'logits');
      for (let t = 0; t < T; t++) {
        const row = Array.from(logits.subarray(t * config.V, (t + 1) * config.V));
        const top = Math.max(...row);
        const lse = top + Math.log(row.reduce((sum, z) => sum + Math.exp(z - top), 0));
        const best = row.map((z, id) => ({ id, logprob: z - lse }));
        best.sort((a, b) => b.logprob - a.logprob);
        const at = (depth * T + t) * K;
        // Log-probabilities of order 10, made of logits that are right to 1e-5 of their size.
        for (let k = 0; k < K; k++) {
          expect(lens.ids[at + k], `depth ${depth}, token ${t}`).toBe(best[k]!.id);
          expect(Math.abs(lens.logprobs[at + k]! - best[k]!.logprob)).toBeLessThan(2e-4);
        }
        const next = t + 1 < T ? row[ids[t + 1]!]! - lse : 0;
        expect(Math.abs(lens.next[depth * T + t]! - next)).toBeLessThan(2e-4);
      }
    }
    expect(inside.scores).toBeNull();
  });

  test('a reward model shows its score after each token at every depth', async () => {
    const params = rounded(initParams(config, 6, { std: 0.5, noise: 0.3, scoreHead: true }));
    const weights = uploadModel(device, config, 'score', params);
    const { scores, lens } = await lookInside(device, weights, Int32Array.from(ids), K);
    device.free(weights.arena);
    const head = params['score.weight']!;
    const expected = Array.from({ length: config.L + 1 }, (_, depth) => {
      const hidden = hiddenAt(params, depth);
      return ids.map((_id, t) =>
        head.reduce((sum: number, w: number, c: number) => sum + w * hidden[t * config.C + c]!, 0),
      );
    });
    expectClose(scores!, expected.flat(), TOLERANCE, 'scores');
    expect(lens).toBeNull();
  });
});
