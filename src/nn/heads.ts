/**
 * What stands on the trunk: the tied language-model head with cross-entropy, and the score head.
 *
 * Logits are made in chunks of rows, so that no buffer larger than a binding is ever needed; with
 * several chunks the backward pass makes them once more instead of keeping them.
 */
import type { Gpu } from '../gpu/device';
import { part, type Slot, type Temp } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { crossEntropyBackwardVec4, crossEntropyForwardVec4 } from '../kernels/loss';
import { scoreBackward, scoreBackwardWeight, scoreForward } from '../kernels/rlhf';
import { matmul, workgroup } from './choice';
import { recordTrunkBackward, type Trunk } from './gpt';
import { headWeight, logitsAcross } from './vocabulary';
import type { Weights } from './weights';

/** Bytes of logits that are made at a time. */
const LOGITS_BYTES = 64 * 1024 * 1024;

interface Chunk {
  readonly from: number;
  readonly rows: number;
  readonly logits: Temp;
}

export interface LmHead {
  readonly trunk: Trunk;
  readonly targets: Slot;
  readonly inverseTemperature: number;
  readonly chunks: readonly Chunk[];
  /** log-probability of each row's target [N]; 0 where the target is −100. */
  readonly logprob: Temp;
  readonly lse: Temp;
  /** Entropy of each row's distribution [N], whatever its target. */
  readonly entropy: Temp;
}

function recordLogits(gpu: Gpu, tape: Tape, weights: Weights, hidden: Slot, chunk: Chunk) {
  const { config } = weights.layout;
  const { n_embd: C } = config;
  matmul(
    gpu,
    tape,
    'nt',
    { M: chunk.rows, N: logitsAcross(config), K: C },
    {
      a: part(hidden, chunk.from * C * 4, chunk.rows * C * 4),
      b: headWeight(weights),
      out: chunk.logits,
    },
  );
}

/**
 * Records logits of every row and the log-probability of its target (i32 [N], −100 ignored).
 * @param logitsBytes at most so many bytes of logits are made at a time, but at least 64 rows
 */
export function recordLmHead(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  trunk: Trunk,
  targets: Slot,
  temperature = 1,
  logitsBytes = LOGITS_BYTES,
): LmHead {
  const { vocab_size: V } = weights.layout.config;
  const N = trunk.B * trunk.T;
  const across = logitsAcross(weights.layout.config);
  const rows = Math.min(N, Math.max(64, Math.floor(logitsBytes / (across * 4) / 64) * 64));
  const chunks: Chunk[] = [];
  const logits = tape.temp('logits', rows * across);
  for (let from = 0; from < N; from += rows) {
    chunks.push({ from, rows: Math.min(rows, N - from), logits });
  }
  const head: LmHead = {
    trunk,
    targets,
    inverseTemperature: 1 / temperature,
    chunks,
    logprob: tape.temp('logprob', N),
    lse: tape.temp('lse', N),
    entropy: tape.temp('entropy', N),
  };
  for (const chunk of chunks) {
    recordLogits(gpu, tape, weights, trunk.hidden, chunk);
    const rowsOf = (slot: Slot) => part(slot, chunk.from * 4, chunk.rows * 4);
    tape.dispatch(
      crossEntropyForwardVec4,
      { N: chunk.rows, V, inv_temperature: head.inverseTemperature },
      {
        logits,
        targets: rowsOf(targets),
        logprob: rowsOf(head.logprob),
        lse: rowsOf(head.lse),
        entropy: rowsOf(head.entropy),
      },
      workgroup(gpu, crossEntropyForwardVec4),
    );
  }
  return head;
}

/**
 * Records the gradients of Σ weight·(−logprob), weight [N], through head and trunk.
 * @param accumulate adds to what `grads` holds instead of replacing it
 */
export function recordLmBackward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  grads: Weights,
  head: LmHead,
  weight: Slot,
  accumulate = false,
): void {
  const { n_embd: C, vocab_size: V } = weights.layout.config;
  const { trunk, chunks, inverseTemperature } = head;
  const across = logitsAcross(weights.layout.config);
  const dhidden = tape.temp('dhidden', trunk.B * trunk.T * C);
  for (const chunk of chunks) {
    const { from, rows, logits } = chunk;
    if (chunks.length > 1) recordLogits(gpu, tape, weights, trunk.hidden, chunk);
    const rowsOf = (slot: Slot) => part(slot, from * 4, rows * 4);
    tape.dispatch(
      crossEntropyBackwardVec4,
      { N: rows, V, inv_temperature: inverseTemperature },
      { logits, targets: rowsOf(head.targets), lse: rowsOf(head.lse), weight: rowsOf(weight) },
      workgroup(gpu, crossEntropyBackwardVec4),
    );
    matmul(
      gpu,
      tape,
      'nn',
      { M: rows, N: C, K: across },
      { a: logits, b: headWeight(weights), out: part(dhidden, from * C * 4, rows * C * 4) },
    );
    matmul(
      gpu,
      tape,
      'tn',
      { M: across, N: C, K: rows },
      { a: logits, b: part(trunk.hidden, from * C * 4, rows * C * 4), out: headWeight(grads) },
      { ACCUMULATE: accumulate || from > 0 ? 1 : 0 },
    );
  }
  recordTrunkBackward(gpu, tape, weights, grads, trunk, dhidden, { accumulate, wteFilled: true });
}

/** Records the score head over every row: h·w, [N]. */
export function recordScores(gpu: Gpu, tape: Tape, weights: Weights, trunk: Trunk): Temp {
  const N = trunk.B * trunk.T;
  const score = tape.temp('score', N);
  tape.dispatch(
    scoreForward,
    { N, C: weights.layout.config.n_embd },
    { h: trunk.hidden, weight: weights.tensor('score.weight'), score },
    workgroup(gpu, scoreForward),
  );
  return score;
}

/**
 * Records the gradients from dscore [N] through the score head and the trunk.
 * @param accumulate adds to what `grads` holds instead of replacing it
 */
export function recordScoresBackward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  grads: Weights,
  trunk: Trunk,
  dscore: Slot,
  accumulate = false,
): void {
  const C = weights.layout.config.n_embd;
  const N = trunk.B * trunk.T;
  const dh = tape.temp('dh', N * C);
  tape.dispatch(
    scoreBackward,
    { N, C },
    { dscore, weight: weights.tensor('score.weight'), dh },
    workgroup(gpu, scoreBackward),
  );
  tape.dispatch(
    scoreBackwardWeight,
    { N, C },
    { dscore, h: trunk.hidden, dweight: grads.tensor('score.weight') },
    { ...workgroup(gpu, scoreBackwardWeight), ACCUMULATE: accumulate ? 1 : 0 },
  );
  recordTrunkBackward(gpu, tape, weights, grads, trunk, dh, { accumulate, wteFilled: false });
}
