/** Embedding forward, the stable token sort, and the gathered gradient. */
import { describe, expect, it } from 'vitest';
import { embeddingBackward, embeddingForward, tokenSort } from '../../src/kernels/embedding';
import { expectClose, random } from '../reference/compare';
import * as reference from '../reference/embedding';
import { runKernel } from '../support/kernel';

interface Shape {
  B: number;
  T: number;
  C: number;
  V: number;
  P: number;
}

const SHAPES: Shape[] = [
  { B: 1, T: 1, C: 1, V: 1, P: 1 },
  { B: 3, T: 5, C: 7, V: 11, P: 5 },
  { B: 2, T: 13, C: 33, V: 5, P: 17 },
  { B: 4, T: 16, C: 64, V: 97, P: 16 },
  { B: 1, T: 67, C: 12, V: 512, P: 128 },
];

/** Few rows are summed, at most 67: the error is a few units in the last place, 2⁻²⁴ = 6e-8 each. */
const TOLERANCE = 1e-6;

/** Tokens skewed towards low ids, so that some repeat often and some never come. */
const tokens = ({ B, T, V }: Shape) =>
  Array.from(random(B * T, 9), (x) => Math.min(V - 1, Math.floor((Math.abs(x) / 3) * V)));

async function sort(ids: number[], WG: number) {
  const { sorted, order } = await runKernel(tokenSort, { N: ids.length }, { ids }, { WG });
  return { sorted: sorted!, order: order! };
}

describe.each([8, 64])('with workgroups of %i', (WG) => {
  it.each(SHAPES)('embedding_forward of %o adds token and position', async (shape) => {
    const { B, T, C, V, P } = shape;
    const ids = tokens(shape);
    const wte = random(V * C, 1);
    const wpe = random(P * C, 2);
    const { out } = await runKernel(
      embeddingForward,
      { N: B * T, T, C, V, P },
      { ids, wte, wpe },
      { WG },
    );
    expectClose(out!, reference.embeddingForward(ids, wte, wpe, { B, T, C }), TOLERANCE);
  });

  it.each(SHAPES)('token_sort of %o is ascending and stable', async (shape) => {
    const ids = tokens(shape);
    const { sorted, order } = await sort(ids, WG);
    const expected = reference.tokenSort(ids, shape.V);
    expect(Array.from(order)).toEqual(Array.from(expected.order));
    expect(Array.from(sorted)).toEqual(Array.from(expected.order, (row) => ids[row]));
  });

  it.each(SHAPES)('embedding_backward of %o replaces, or adds where told', async (shape) => {
    const { B, T, C, V, P } = shape;
    const ids = tokens(shape);
    const dx = random(B * T * C, 3);
    const given = { ...(await sort(ids, WG)), dx };
    const params = { N: B * T, T, C, V, P };
    const { dwte, dwpe } = reference.embeddingBackward(ids, dx, { B, T, C, V, positions: P });
    const replaced = await runKernel(embeddingBackward, params, given, { WG });
    expectClose(replaced.dwte!, dwte, TOLERANCE, 'dwte');
    expectClose(replaced.dwpe!, dwpe, TOLERANCE, 'dwpe');

    const before = { dwte: random(V * C, 4), dwpe: random(P * C, 5) };
    const run = (constants: Record<string, number>) =>
      runKernel(embeddingBackward, params, { ...given, ...before }, { WG, ...constants });
    const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!);
    const tokensAdded = await run({ ACCUMULATE_WTE: 1 });
    expectClose(tokensAdded.dwte!, plus(dwte, before.dwte), TOLERANCE, 'dwte added');
    expectClose(tokensAdded.dwpe!, dwpe, TOLERANCE, 'dwpe replaced');
    const positionsAdded = await run({ ACCUMULATE_WPE: 1 });
    expectClose(positionsAdded.dwte!, dwte, TOLERANCE, 'dwte replaced');
    expectClose(positionsAdded.dwpe!, plus(dwpe, before.dwpe), TOLERANCE, 'dwpe added');
  });

  it.each(SHAPES)('packed rows of %o take their positions from a list', async (shape) => {
    const { B, T, C, V, P } = shape;
    const N = B * T;
    const ids = tokens(shape);
    const positions = ids.map((_, n) => (n * 7 + (n % 3)) % P);
    const [wte, wpe, dx] = [random(V * C, 1), random(P * C, 2), random(N * C, 3)];
    const params = { N, T, C, V, P };
    const PACKED = 1;
    const forward = { ids, wte, wpe, positions };
    const { out } = await runKernel(embeddingForward, params, forward, { WG, PACKED });
    const sum = new Float64Array(N * C);
    const dwpe = new Float64Array(P * C);
    for (let n = 0; n < N; n++) {
      for (let c = 0; c < C; c++) {
        sum[n * C + c] = wte[ids[n]! * C + c]! + wpe[positions[n]! * C + c]!;
        dwpe[positions[n]! * C + c]! += dx[n * C + c]!;
      }
    }
    expectClose(out!, sum, TOLERANCE);

    const places = await sort(positions, WG);
    const given = {
      ...(await sort(ids, WG)),
      dx,
      sorted_positions: places.sorted,
      position_order: places.order,
    };
    const { dwte } = reference.embeddingBackward(ids, dx, { B, T, C, V });
    const replaced = await runKernel(embeddingBackward, params, given, { WG, PACKED });
    expectClose(replaced.dwte!, dwte, TOLERANCE, 'dwte');
    expectClose(replaced.dwpe!, dwpe, TOLERANCE, 'dwpe');
    const before = { dwpe: random(P * C, 5) };
    const options = { WG, PACKED, ACCUMULATE_WPE: 1 };
    const added = await runKernel(embeddingBackward, params, { ...given, ...before }, options);
    expectClose(
      added.dwpe!,
      dwpe.map((x, i) => x + before.dwpe[i]!),
      TOLERANCE,
      'dwpe added',
    );
  });

  it('embedding_backward gives the same bits twice', async () => {
    const shape = SHAPES[2]!;
    const { B, T, C, V, P } = shape;
    const given = { ...(await sort(tokens(shape), WG)), dx: random(B * T * C, 3) };
    const once = () => runKernel(embeddingBackward, { N: B * T, T, C, V, P }, given, { WG });
    expect(await once()).toEqual(await once());
  });
});
