/** Tapes: what temporaries share, what errors say, what a replay does. */
import { describe, expect, test } from 'vitest';
import { defineKernel, inout, input, optionalInout, optionalInput } from '../../src/gpu/kernel';
import { readFloats } from '../../src/gpu/readback';
import { Scratch } from '../../src/gpu/scratch';
import { part, real, type Temp } from '../../src/gpu/slots';
import { Tape } from '../../src/gpu/tape';
import { matmulNaiveKernel, matmulNN, matmulTN } from '../../src/kernels/linear';
import { testGpu } from '../support/kernel';

const gpu = await testGpu();
const N = 80;
const filled = (value: number, length = N) =>
  gpu.upload(`${value}`, new Float32Array(length).fill(value));

/** out = a·b[0] of so many values, as the product of a column and one number. */
const scale = (
  tape: Tape,
  a: Parameters<typeof real>[0],
  b: typeof a,
  out: typeof a,
  elements = N,
) => tape.dispatch(matmulNaiveKernel, { M: elements, N: 1, K: 1 }, { a, b, out });

const homeOf = (temp: Temp) => real(temp).buffer;

describe('temporaries', () => {
  test('share a buffer when their lives are disjoint, never when they overlap', async () => {
    const [one, two] = [filled(1), filled(2)];
    const tape = new Tape(gpu, 'chain');
    const temps = Array.from({ length: 5 }, (_, i) => tape.temp(`t${i}`, N));
    temps.forEach((temp, i) => {
      scale(tape, temps[i - 1] ?? one, two, temp);
    });
    await tape.finish();
    tape.run();
    const last = await readFloats(gpu, real(temps[4]!), N);
    const homes = temps.map(homeOf);
    tape.free();
    gpu.free(one, two);
    expect(last).toEqual(new Float32Array(N).fill(32));
    // Each lives from the step that writes it to the next, which reads it: two buffers in turn.
    expect(new Set(homes).size).toBe(2);
    for (let i = 1; i < 5; i++) expect(homes[i]).not.toBe(homes[i - 1]);
  });

  test('of any sizes and lives share only what is free and large enough', async () => {
    const tape = new Tape(gpu, 'many');
    const [source, two] = [filled(1, 400), filled(2, 400)];
    const temps: Temp[] = [];
    for (let i = 0; i < 40; i++) {
      const elements = 16 + ((i * 37) % 320);
      const temp = tape.temp(`t${i}`, elements);
      // Read one made long before, one just before: lives of many lengths overlap.
      const readable = [temps[i - 1 - ((i * 7) % 11)], temps[i - 1]].find(
        (t) => t && t.size >= elements * 4,
      );
      scale(tape, readable ?? source, two, temp, elements);
      temps.push(temp);
    }
    await tape.finish();
    let shared = 0;
    for (const [i, a] of temps.entries()) {
      expect(real(a).size).toBeGreaterThanOrEqual(a.size);
      for (const b of temps.slice(0, i)) {
        if (homeOf(a) !== homeOf(b)) continue;
        shared++;
        const disjoint = a.first > b.last || b.first > a.last;
        expect(disjoint, `${a.label} and ${b.label} share a buffer`).toBe(true);
      }
    }
    tape.free();
    gpu.free(source, two);
    expect(shared).toBeGreaterThan(10);
  });

  test('that are kept hold their contents to the end', async () => {
    const [one, two, three] = [filled(1), filled(2), filled(3)];
    const tape = new Tape(gpu, 'kept');
    const [kept, b, c, d] = ['kept', 'b', 'c', 'd'].map((name) => tape.temp(name, N));
    scale(tape, one, three, kept!);
    scale(tape, kept!, two, b!);
    scale(tape, b!, two, c!);
    scale(tape, c!, two, d!);
    tape.keep(kept!);
    await tape.finish();
    tape.run();
    const values = await readFloats(gpu, real(kept!), N);
    for (const other of [b!, c!, d!]) expect(homeOf(other)).not.toBe(homeOf(kept!));
    tape.free();
    gpu.free(one, two, three);
    expect(values).toEqual(new Float32Array(N).fill(3));
  });

  test('used in parts live from the first part to the last', async () => {
    const [one, two] = [filled(1, 64), filled(2, 64)];
    const tape = new Tape(gpu, 'parts');
    const whole = tape.temp('whole', 128);
    const [between, after] = [tape.temp('between', 64), tape.temp('after', 64)];
    const double = (dy: typeof one | Temp, dx: Parameters<typeof real>[0]) =>
      scale(tape, dy, two, dx, 64);
    double(one, part(whole, 0, 256));
    double(one, between);
    double(between, part(whole, 256, 256));
    scale(tape, part(whole, 0, 256), two, after, 64);
    tape.keep(after);
    await tape.finish();
    tape.run();
    const values = await readFloats(gpu, real(after), 64);
    const [home, ...others] = [whole, between, after].map(homeOf);
    tape.free();
    gpu.free(one, two);
    expect(others).not.toContain(home);
    expect(values).toEqual(new Float32Array(64).fill(4));
  });
});

describe('a scratch', () => {
  test('lends its buffers to one tape after the other, and none twice in one', async () => {
    const [one, two] = [filled(1, 300), filled(2, 300)];
    const scratch = new Scratch(gpu, 'shared');
    const before = gpu.counters.bytes;
    const chain = async (label: string, sizes: number[]) => {
      const tape = new Tape(gpu, label, scratch);
      const temps = sizes.map((size, i) => tape.temp(`t${i}`, size));
      temps.forEach((temp, i) => {
        scale(tape, temps[i - 1] ?? one, two, temp, Math.min(...sizes));
      });
      await tape.finish();
      return { tape, temps };
    };
    const first = await chain('first', [300, 200, 100]);
    const second = await chain('second', [150, 250]);
    const homes = [...first.temps, ...second.temps].map(homeOf);
    expect(homes[3]).not.toBe(homes[4]);
    expect(new Set(homes).size).toBe(2);
    for (const [{ tape, temps }, elements, value] of [
      [first, 100, 8],
      [second, 150, 4],
      [first, 100, 8],
    ] as const) {
      tape.run();
      const values = await readFloats(gpu, real(temps.at(-1)!), elements);
      expect(values).toEqual(new Float32Array(elements).fill(value));
    }
    first.tape.free();
    second.tape.free();
    scratch.free();
    // Tapes free what else they made themselves, so nothing of all this is left.
    expect(gpu.counters.bytes).toBe(before);
    gpu.free(one, two);
  });
});

describe('a replay', () => {
  test('runs dispatches and copies in order, as often as asked, in one submit', async () => {
    const [x, two] = [filled(1), filled(2)];
    const tape = new Tape(gpu, 'replay');
    const doubled = tape.temp('doubled', N);
    scale(tape, x, two, doubled);
    tape.copy(doubled, x, N * 4);
    await tape.finish();
    const before = { ...gpu.counters };
    tape.run(5);
    expect(gpu.counters.submits - before.submits).toBe(1);
    expect(gpu.counters.dispatches - before.dispatches).toBe(5);
    expect(gpu.counters.bindGroups).toBe(before.bindGroups);
    const values = await readFloats(gpu, x, N);
    tape.free();
    gpu.free(x, two);
    expect(values).toEqual(new Float32Array(N).fill(32));
  });

  test('frees every buffer that the tape made', async () => {
    const before = { ...gpu.counters };
    const [one, two] = [filled(1), filled(2)];
    const tape = new Tape(gpu, 'freed');
    scale(tape, one, two, tape.temp('t', N));
    await tape.finish();
    tape.run();
    tape.free();
    gpu.free(one, two);
    expect(gpu.counters.buffers).toBe(before.buffers);
    expect(gpu.counters.bytes).toBe(before.bytes);
    expect(() => tape.run()).toThrow("tape 'freed' is not finished");
  });
});

describe('bindings', () => {
  test('left out are named in the error', () => {
    const tape = new Tape(gpu, 'missing');
    const [a, out] = [tape.temp('a', N), tape.temp('out', N)];
    const record = () => tape.dispatch(matmulNaiveKernel, { M: N, N: 1, K: 1 }, { a, out });
    expect(record).toThrow("matmul_naive: binding 'b' is missing");
  });

  test('too small for their shape are named with both sizes', () => {
    const tape = new Tape(gpu, 'small');
    const [a, b, out] = [tape.temp('a', N - 1), tape.temp('b', 1), tape.temp('out', N)];
    const record = () => scale(tape, a, b, out);
    expect(record).toThrow("matmul_naive: 'a' [M, K] needs 320 bytes, bound 316");
  });

  test('of more bytes than the GPU binds at once are named with both sizes', async () => {
    const limits = { maxStorageBufferBindingSize: 256 };
    const device = new Proxy(gpu.device, {
      get: (device, key) => {
        const value = key === 'limits' ? limits : (Reflect.get(device, key) as unknown);
        return typeof value === 'function' ? value.bind(device) : value;
      },
    });
    const small = Object.create(gpu, { device: { value: device } }) as typeof gpu;
    const [one, two] = [filled(1), filled(2)];
    const tape = new Tape(small, 'large');
    scale(tape, one, two, tape.temp('out', N));
    await expect(tape.finish()).rejects.toThrow(
      'matmul_naive reads or writes 320 bytes at once; this GPU allows 256. Choose a smaller model or batch.',
    );
    tape.free();
    gpu.free(one, two);
  });

  test('that are optional may be left out, for reading and for writing', async () => {
    const [M, K] = [5, 3];
    const [a, b] = [filled(2, M * K), filled(3, M * K)];
    const tape = new Tape(gpu, 'optional');
    const product = tape.temp('product', K * K);
    const square = tape.temp('square', K * K);
    tape.dispatch(matmulTN, { M: K, N: K, K: M }, { a, b, out: product });
    tape.dispatch(matmulNN, { M: K, N: K, K }, { a: product, b: product, out: square });
    tape.keep(square);
    await tape.finish();
    tape.run();
    const values = await readFloats(gpu, real(square), K * K);
    tape.free();
    gpu.free(a, b);
    // product = 5·2·3 everywhere, square = 3·30·30.
    expect(values).toEqual(new Float32Array(K * K).fill(2700));
  });
});

describe('a kernel that cannot run says why', () => {
  const broken = (code: string, constants = {}) =>
    defineKernel({
      name: 'broken',
      code,
      params: { N: 'u32' },
      bindings: { x: inout('N'), y: optionalInput('N'), z: optionalInout('N') },
      constants,
      grid: () => [1],
    });
  const finish = (kernel: ReturnType<typeof broken>, params: { N: number } = { N: 4 }) => {
    const tape = new Tape(gpu, 'broken');
    tape.dispatch(kernel, params, { x: tape.temp('x', 4) });
    return tape.finish().finally(() => tape.free());
  };

  test('with the compiler message of the shader', async () => {
    const code = '@compute @workgroup_size(1) fn main() { let y: u32 = 1.5; }';
    await expect(finish(broken(code))).rejects.toThrow(
      /shaders\/broken\.wgsl does not compile[\s\S]*line 1/,
    );
  });

  test('with the name of a constant that the shader does not declare', async () => {
    const code = '@compute @workgroup_size(1) fn main() { }';
    await expect(finish(broken(code, { WG: 8 }))).rejects.toThrow(
      'shaders/broken.wgsl declares no constant WG',
    );
  });

  test('with the shape whose side is no parameter', () => {
    const tape = new Tape(gpu, 'shape');
    const odd = defineKernel({
      name: 'odd',
      code: '',
      params: { N: 'u32' },
      bindings: { x: input('N, Q') },
      constants: {},
      grid: () => [1],
    });
    const record = () => tape.dispatch(odd, { N: 4 }, { x: tape.temp('x', 4) });
    expect(record).toThrow("shape 'N, Q' names 'Q', not a parameter");
  });
});
