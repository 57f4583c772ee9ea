/** Looking inside through the lab: any model of the experiment, any text, while nothing is disturbed. */
import { beforeAll, expect, it } from 'vitest';
import { buffersOf } from '../../src/lab/inspect';
import { smallConfig, testLab } from '../support/lab';

const { lab } = testLab();

beforeAll(async () => {
  await lab.create(smallConfig());
  await lab.run(['base']);
}, 120_000);

it('says what a text is made of and what the model makes of it', async () => {
  const inspection = await lab.inspect({ model: 'base', text: 'The owl is green.<|endoftext|>' });
  const { tokens, ids, layers, heads, attention, lens } = inspection;
  const T = tokens.length;
  expect(tokens.join('')).toBe('The owl is green.<|endoftext|>');
  expect(ids).toHaveLength(T);
  expect([layers, heads]).toEqual([1, 4]);
  expect(attention).toHaveLength(layers * heads * T * T);
  for (let row = 0; row < heads * T; row++) {
    const sum = attention.subarray(row * T, (row + 1) * T).reduce((all, p) => all + p, 0);
    // T weights in f32.
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  }
  expect(lens!.logits).toHaveLength(T * 512);
  expect(lens!.ids).toHaveLength((layers + 1) * T * lens!.K);
  for (const id of lens!.ids) expect(lens!.names[id]).toBeTypeOf('string');
  expect(buffersOf(inspection)).toHaveLength(5);
});

it('keeps the end of a text that the context cannot hold', async () => {
  const text = 'one two three '.repeat(60);
  const { tokens, leftOut } = await lab.inspect({ model: 'base', text });
  expect(tokens).toHaveLength(64);
  expect(leftOut).toBeGreaterThan(0);
  expect(text.endsWith(tokens.join(''))).toBe(true);
});

it('refuses an empty text and a model that is not there', async () => {
  await expect(lab.inspect({ model: 'base', text: '' })).rejects.toThrow('The text is empty');
  await expect(lab.inspect({ model: 'reward', text: 'a' })).rejects.toThrow(
    "run the stage 'reward' first",
  );
});
