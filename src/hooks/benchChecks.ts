/** Refuses a request of `/bench.html` that does not fit together, in one sentence. */
import type { BenchConfig } from './benchApi';

const SIZES = ['n_layer', 'n_embd', 'n_head', 'vocab_size', 'n_positions', 'batch'] as const;

/** @throws naming the value that is wrong */
export function checkConfig(config: BenchConfig): void {
  for (const name of SIZES) checkCount(`config.${name}`, config[name]);
  const D = config.n_embd / config.n_head;
  if (D % 4 !== 0 || D > 128) {
    throw new Error(`n_embd / n_head must be a multiple of 4 up to 128, not ${D}.`);
  }
}

export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`${name} must be a whole number from 1, not ${value}.`);
  }
}

/** @throws when ids have another number or leave the vocabulary; `also` is let through */
export function checkIds(
  name: string,
  ids: ArrayLike<number>,
  wanted: number,
  vocabulary: number,
  also?: number,
): void {
  if (ids.length !== wanted) {
    throw new Error(`${name} has ${ids.length} ids; ${wanted} are wanted.`);
  }
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    if ((id < 0 || id >= vocabulary || !Number.isInteger(id)) && id !== also) {
      throw new Error(`${name}[${at}] is ${id}; the vocabulary has ${vocabulary} ids.`);
    }
  }
}
