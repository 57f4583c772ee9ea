/** The fits of Gao et al. on curves made with known α and β. */
import { describe, expect, test } from 'vitest';
import { bestOfNKl, subsetSizes } from '../../src/rlhf/best_of_n';
import { fitBestOfN, fitPpo } from '../../src/rlhf/over_optimization';

/** Noise of ±size with mean 0 over pairs of points. */
const noise = (i: number, size: number) => (i % 2 === 0 ? size : -size);

describe('best of n', () => {
  const form = (d: number) => d * (0.9 - 0.35 * d);
  const distances = subsetSizes(1024).map((n) => Math.sqrt(bestOfNKl(n)));

  test('gives α, β and the peak back', () => {
    const fit = fitBestOfN(distances.map((d) => ({ d, reward: form(d) })))!;
    expect(fit.alpha).toBeCloseTo(0.9, 10);
    expect(fit.beta).toBeCloseTo(0.35, 10);
    expect(fit.peak!.d).toBeCloseTo(0.9 / 0.7, 10);
    expect(fit.peak!.reward).toBeCloseTo(0.9 ** 2 / (4 * 0.35), 10);
    expect(fit.curve[0]).toEqual({ d: 0, reward: 0 });
    expect(fit.curve.at(-1)!.reward).toBeCloseTo(form(distances.at(-1)!), 10);
  });

  test('has no peak where the reward only rises', () => {
    const fit = fitBestOfN(distances.map((d) => ({ d, reward: d * (0.9 + 0.1 * d) })))!;
    expect(fit.beta).toBeCloseTo(-0.1, 10);
    expect(fit.peak).toBeNull();
  });

  test('is not made up from two points, nor from one distance', () => {
    expect(fitBestOfN(distances.slice(0, 2).map((d) => ({ d, reward: 1 })))).toBeNull();
    expect(fitBestOfN([0, 0, 0, 0].map((d) => ({ d, reward: 1 })))).toBeNull();
  });
});

describe('PPO', () => {
  const form = (d: number) => (d > 0 ? d * (0.6 - 0.4 * Math.log(d)) : 0);
  const distances = Array.from({ length: 64 }, (_, i) => (i / 63) * 3);

  test('gives α, β, the level at d = 0 and the peak back', () => {
    const fit = fitPpo(distances.map((d) => ({ d, reward: -0.2 + form(d) })))!;
    expect(fit.start).toBeCloseTo(-0.2, 9);
    expect(fit.alpha).toBeCloseTo(0.6, 9);
    expect(fit.beta).toBeCloseTo(0.4, 9);
    // R′ = α − β·(log d + 1) = 0.
    const d = Math.exp(0.6 / 0.4 - 1);
    expect(fit.peak!.d).toBeCloseTo(d, 8);
    expect(fit.peak!.reward).toBeCloseTo(form(d), 8);
  });

  test('is the least-squares one under noise: no neighbour is nearer', () => {
    const points = distances.map((d, i) => ({ d, reward: form(d) + noise(i, 0.05) }));
    const fit = fitPpo(points)!;
    const error = (start: number, alpha: number, beta: number) =>
      points.reduce((sum, { d, reward }) => {
        const value = start + (d > 0 ? d * (alpha - beta * Math.log(d)) : 0);
        return sum + (reward - value) ** 2;
      }, 0);
    const best = error(fit.start, fit.alpha, fit.beta);
    for (const step of [-1e-3, 1e-3]) {
      expect(error(fit.start + step, fit.alpha, fit.beta)).toBeGreaterThan(best);
      expect(error(fit.start, fit.alpha + step, fit.beta)).toBeGreaterThan(best);
      expect(error(fit.start, fit.alpha, fit.beta + step)).toBeGreaterThan(best);
    }
    expect(fit.alpha).toBeCloseTo(0.6, 1);
  });

  test('needs four points', () => {
    expect(fitPpo([0, 1, 2].map((d) => ({ d, reward: d })))).toBeNull();
  });
});
