/** Every reference operation's backward is the derivative of its forward (central differences). */
import { describe, expect, test } from 'vitest';
import { attentionBackward, attentionForward } from './attention';
import { dot, expectClose, GRADIENT_TOLERANCE, numericGradient, random } from './compare';
import { crossEntropy } from './crossEntropy';
import { dropout, dropoutMask } from './dropout';
import { embeddingBackward, embeddingForward, tokenSort } from './embedding';
import { geluBackward, geluForward } from './gelu';
import { layernormBackward, layernormForward } from './layernorm';
import { columnSum, matmulNN, matmulNT, matmulTN } from './matmul';
import { scoreHeadBackward, scoreHeadForward } from './scoreHead';

const derivative = (f: (x: Float64Array) => number, x: Float64Array, gradient: Float64Array) =>
  expectClose(gradient, numericGradient(f, x), GRADIENT_TOLERANCE);

describe('matrix product', () => {
  test('the three layouts give the product written out by hand', () => {
    const a = [1, 2, 3, 4, 5, 6];
    const b = [1, 0, 2, -1, 3, 1];
    expect([...matmulNN(a, b, 2, 2, 3, [10, 20])]).toEqual([24, 21, 42, 21 + 0]);
    expect([...matmulNT(a, b, 2, 2, 3)]).toEqual([7, 8, 16, 17]);
    expect([...matmulTN(a, b, 2, 2, 3)]).toEqual([1 + 6 + 15, -3 + 5, 2 + 8 + 18, -4 + 6]);
  });

  test('NT and TN give the gradients of NN', () => {
    const [M, N, K] = [3, 4, 5];
    const [x, w, bias, dy] = [random(M * K, 1), random(K * N, 2), random(N, 3), random(M * N, 4)];
    derivative((x) => dot(matmulNN(x, w, M, N, K, bias), dy), x, matmulNT(dy, w, M, K, N));
    derivative((w) => dot(matmulNN(x, w, M, N, K, bias), dy), w, matmulTN(x, dy, K, N, M));
    derivative((b) => dot(matmulNN(x, w, M, N, K, b), dy), bias, columnSum(dy, M, N));
  });
});

describe('embedding', () => {
  const shape = { B: 2, T: 3, C: 4 };
  const ids = [1, 4, 1, 0, 1, 4];

  test('gradients of tokens and positions', () => {
    const [wte, wpe, dout] = [random(5 * 4, 1), random(3 * 4, 2), random(2 * 3 * 4, 3)];
    const { dwte, dwpe } = embeddingBackward(ids, dout, { ...shape, V: 5 });
    derivative((w) => dot(embeddingForward(ids, w, wpe, shape), dout), wte, dwte);
    derivative((w) => dot(embeddingForward(ids, wte, w, shape), dout), wpe, dwpe);
  });

  test('the sort lists each token’s rows in order', () => {
    const { start, order } = tokenSort(ids, 5);
    expect([...start]).toEqual([0, 1, 4, 4, 4, 6]);
    expect([...order]).toEqual([3, 0, 2, 4, 1, 5]);
  });
});

test('layer normalisation: rows have mean 0 and variance 1, and three gradients', () => {
  const [N, C] = [3, 6];
  const [x, weight, bias, dy] = [random(N * C, 1), random(C, 2), random(C, 3), random(N * C, 4)];
  const { mean, rstd } = layernormForward(x, weight, bias, N, C);
  const plain = layernormForward(x, new Float64Array(C).fill(1), new Float64Array(C), N, C, 0).y;
  for (let n = 0; n < N; n++) {
    const row = plain.slice(n * C, (n + 1) * C);
    expect(dot(row, new Float64Array(C).fill(1 / C))).toBeCloseTo(0, 12);
    expect(dot(row, row) / C).toBeCloseTo(1, 12);
  }
  const { dx, dweight, dbias } = layernormBackward(dy, x, weight, mean, rstd, N, C);
  derivative((v) => dot(layernormForward(v, weight, bias, N, C).y, dy), x, dx);
  derivative((v) => dot(layernormForward(x, v, bias, N, C).y, dy), weight, dweight);
  derivative((v) => dot(layernormForward(x, weight, v, N, C).y, dy), bias, dbias);
});

test('GELU: values of the tanh form and the gradient', () => {
  // torch.nn.functional.gelu([-1, 0, 1, 3], approximate='tanh') in f64.
  const expected = [-0.15880800939172324, 0, 0.8411919906082768, 2.996362607918227];
  expectClose(geluForward([-1, 0, 1, 3]), expected, 1e-12);
  const [x, dy] = [random(12, 1), random(12, 2)];
  derivative((v) => dot(geluForward(v), dy), x, geluBackward(dy, x));
});

describe('attention', () => {
  const shape = { B: 2, T: 5, C: 6, H: 2 };
  const qkv = random(2 * 5 * 18, 1);

  test('gradient of the packed q, k and v', () => {
    const dout = random(2 * 5 * 6, 2);
    derivative(
      (x) => dot(attentionForward(x, shape).o, dout),
      qkv,
      attentionBackward(dout, qkv, shape),
    );
  });

  test('no position sees a later one, and the first sees only itself', () => {
    const { o, probs } = attentionForward(qkv, shape);
    const changed = qkv.slice();
    for (let c = 0; c < 18; c++) changed[(1 * 5 + 4) * 18 + c]! += 1;
    const after = attentionForward(changed, shape).o;
    expect(after.slice(0, (1 * 5 + 4) * 6)).toEqual(o.slice(0, (1 * 5 + 4) * 6));
    expect(after.slice(-6)).not.toEqual(o.slice(-6));
    expectClose(o.slice(0, 6), qkv.slice(12, 18), 1e-15);
    expect([...probs.slice(0, 5)]).toEqual([1, 0, 0, 0, 0]);
  });

  test('the log-sum-exp gives back the attention weights', () => {
    const { lse } = attentionForward(qkv, shape);
    const score = (j: number) =>
      dot(qkv.slice(2 * 18, 2 * 18 + 3), qkv.slice(j * 18 + 6, j * 18 + 9));
    const sum = [0, 1, 2].reduce((total, j) => total + Math.exp(score(j) / Math.sqrt(3)), 0);
    expect(lse[2]).toBeCloseTo(Math.log(sum), 12);
  });
});

describe('cross-entropy', () => {
  const [N, V] = [4, 7];
  const logits = random(N * V, 1).map((x) => 3 * x);
  const targets = [2, -100, 0, 6];

  test('gradient of the mean over targets that are not ignored', () => {
    const { dlogits, count } = crossEntropy(logits, targets, N, V);
    expect(count).toBe(3);
    derivative((x) => crossEntropy(x, targets, N, V).loss, logits, dlogits);
    expect([...dlogits.slice(V, 2 * V)]).toEqual(new Array(V).fill(0));
  });

  test('gradient with weights of any sign and a temperature', () => {
    const options = { weights: [0.5, 9, -1.25, 0], temperature: 0.7 };
    const { dlogits } = crossEntropy(logits, targets, N, V, options);
    derivative((x) => crossEntropy(x, targets, N, V, options).loss, logits, dlogits);
  });

  test('equal logits give log V of loss and of entropy, and huge ones do not overflow', () => {
    const flat = crossEntropy(new Float64Array(V), [3], 1, V);
    expect(flat.loss).toBeCloseTo(Math.log(V), 12);
    expect(flat.entropy[0]).toBeCloseTo(Math.log(V), 12);
    const huge = crossEntropy([1e4, -1e4, 0], [0], 1, 3);
    expect([huge.loss, huge.entropy[0]]).toEqual([0, 0]);
  });
});

test('dropout zeroes a share p, scales the rest, and its gradient is the same product', () => {
  const mask = dropoutMask([0, 0.19, 0.2, 0.99], 0.2);
  expect([...mask]).toEqual([0, 0, 1.25, 1.25]);
  expect([...dropout([4, 4, 4, -4], mask)]).toEqual([0, 0, 5, -5]);
});

test('score head: both gradients', () => {
  const [M, C] = [3, 5];
  const [h, w, ds] = [random(M * C, 1), random(C, 2), random(M, 3)];
  const { dh, dw } = scoreHeadBackward(ds, h, w, M, C);
  derivative((x) => dot(scoreHeadForward(x, w, M, C), ds), h, dh);
  derivative((x) => dot(scoreHeadForward(h, x, M, C), ds), w, dw);
});
