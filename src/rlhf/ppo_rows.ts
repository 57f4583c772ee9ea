/**
 * Sampled sequences on packed rows, as the four models get them: what each token predicts, and where
 * the values of each response token come out.
 */
import { layPositions, packRows } from '../nn/packed_rows';

/** A sampled batch on the host. */
export interface Sequences {
  /** [S, T], padding on the right. */
  readonly inputIds: Int32Array;
  /** [S, T]: at each position the response token that it predicts, else −100. */
  readonly targets: Int32Array;
  /** [S, 2]: tokens of the prompt and of the response (end-of-text counted). */
  readonly lengths: Int32Array;
}

/** Some sequences of a batch, room for B rows of T tokens. */
export interface PackedSequences {
  /** Rows that hold something. */
  readonly rows: number;
  /** [B·T] each; −100 and pad where nothing stands. */
  readonly ids: Int32Array<ArrayBuffer>;
  readonly targets: Int32Array<ArrayBuffer>;
  readonly positions: Int32Array<ArrayBuffer>;
  /** [B·T]: the response token s·R + r that a token predicts, −1 for none. */
  readonly places: Int32Array<ArrayBuffer>;
  /** [B, R]: the token that predicts each response token, −1 past the end. */
  readonly predicts: Int32Array<ArrayBuffer>;
  /** [B]: the last token of each sequence. */
  readonly last: Int32Array<ArrayBuffer>;
}

/** So that an update finds the very log-probabilities of its rollout, and its first ratio is 1. */
const ALIGN = 4;

/** @param which sequences, by their number in the batch */
export function packSequences(
  { inputIds, targets, lengths }: Sequences,
  which: readonly number[],
  { T, R }: { T: number; R: number },
): PackedSequences {
  const B = which.length;
  const tokens = which.map((s) => lengths[2 * s]! + lengths[2 * s + 1]!);
  const { rows, starts, ...rest } = packRows(tokens, T, ALIGN);
  const packed = {
    rows,
    ids: new Int32Array(B * T),
    targets: new Int32Array(B * T).fill(-100),
    positions: new Int32Array(B * T),
    places: new Int32Array(B * T).fill(-1),
    predicts: new Int32Array(B * R).fill(-1),
    last: new Int32Array(B),
  };
  for (const [b, s] of which.entries()) {
    const start = starts[b]!;
    packed.ids.set(inputIds.subarray(s * T, s * T + tokens[b]!), start);
    packed.targets.set(targets.subarray(s * T, s * T + tokens[b]!), start);
    packed.last[b] = start + tokens[b]! - 1;
    const first = start + lengths[2 * s]! - 1;
    for (let r = 0; r < lengths[2 * s + 1]!; r++) {
      packed.places[first + r] = s * R + r;
      packed.predicts[b * R + r] = first + r;
    }
  }
  layPositions({ rows, starts, ...rest }, packed.positions);
  return packed;
}

/** Response tokens of some sequences. */
export const responseTokens = ({ lengths }: Sequences, which: readonly number[]) =>
  which.reduce((sum, s) => sum + lengths[2 * s + 1]!, 0);

/** Sampled tokens as inputs and targets of the models. */
export function sequencesOf(
  tokens: Int32Array,
  promptLengths: readonly number[],
  responseLengths: Int32Array,
  T: number,
): Sequences {
  const S = promptLengths.length;
  const targets = new Int32Array(S * T).fill(-100);
  const lengths = new Int32Array(S * 2);
  for (let s = 0; s < S; s++) {
    const prompt = promptLengths[s]!;
    const response = responseLengths[s]!;
    lengths[2 * s] = prompt;
    lengths[2 * s + 1] = response;
    const first = s * T + prompt;
    targets.set(tokens.subarray(first, first + response), first - 1);
  }
  return { inputIds: tokens, targets, lengths };
}
