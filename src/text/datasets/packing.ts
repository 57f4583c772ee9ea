/**
 * From documents to batches of the base stage: one long stream of tokens, each document ended by
 * end-of-text, cut into windows. Training windows begin anywhere, by chance; evaluation windows lie
 * end to end, so that every token but the first is predicted exactly once.
 */

import { EOT_TOKEN, type Tokenizer } from '../tokenizer/tokenizer';
import { randomBelow, Stream } from './philox';

/** Target of a position that the loss leaves out, as in PyTorch's cross-entropy. */
export const IGNORE = -100;

/** B rows of T positions, row-major. */
export interface Batch {
  /** [B, T] token ids; padding on the right. */
  inputIds: Int32Array;
  /** [B, T] what each position is to predict, or `IGNORE`. */
  targets: Int32Array;
  /** Number of targets that count. */
  targetCount: number;
}

/** A token stream; 16 bits an id where the vocabulary allows. */
export type TokenStream = Uint16Array | Int32Array;

/** A text file of documents, each ended by the literal `<|endoftext|>`. */
export const joinDocuments = (documents: Iterable<string>): string =>
  Array.from(documents, (document) => document + EOT_TOKEN).join('');

/** The documents of such a file. The last one may lack its end; an empty rest is none. */
export function splitDocuments(text: string): string[] {
  const documents = text.split(EOT_TOKEN);
  if (documents[documents.length - 1].trim() === '') documents.pop();
  return documents;
}

/**
 * The tokens of all documents in order, each followed by end-of-text: what the tokenizer gives for
 * `joinDocuments(documents)` read with its special tokens.
 * @param onDocument is called after each document with the tokens so far.
 */
export function packDocuments(
  documents: Iterable<string>,
  tokenizer: Tokenizer,
  onDocument: (documents: number, tokens: number) => void = () => {},
): TokenStream {
  const Ids = tokenizer.vocabSize <= 0x10000 ? Uint16Array : Int32Array;
  let stream = new Ids(1 << 16);
  let length = 0;
  let done = 0;
  for (const document of documents) {
    const ids = tokenizer.encode(document);
    ids.push(tokenizer.eot);
    if (length + ids.length > stream.length) {
      const larger = new Ids(Math.max(2 * stream.length, length + ids.length));
      larger.set(stream.subarray(0, length));
      stream = larger;
    }
    stream.set(ids, length);
    length += ids.length;
    onDocument(++done, length);
  }
  return stream.slice(0, length);
}

/**
 * A training batch of B windows of T + 1 tokens that begin at random places.
 * The same (seed, step) gives the same batch, whatever was drawn before.
 * @throws RangeError when the stream is shorter than a window.
 */
export function trainingWindows(
  stream: TokenStream,
  { B, T, seed, step }: { B: number; T: number; seed: number; step: number },
): Batch {
  const starts = stream.length - T;
  if (starts < 1) {
    throw new RangeError(
      `The text has ${stream.length} tokens, but at least ${T + 1} are wanted for one window.`,
    );
  }
  const inputIds = new Int32Array(B * T);
  const targets = new Int32Array(B * T);
  for (let row = 0; row < B; row++) {
    const start = randomBelow(starts, seed, Stream.windows, step, row);
    inputIds.set(stream.subarray(start, start + T), row * T);
    targets.set(stream.subarray(start + 1, start + T + 1), row * T);
  }
  return { inputIds, targets, targetCount: B * T };
}

/** Windows of T inputs with stride T that tile a stream. */
export const evaluationWindowCount = (stream: TokenStream, T: number): number =>
  Math.max(0, Math.ceil((stream.length - 1) / T));

/**
 * The stream as batches of B windows of T inputs with stride T; their targets are the stream from
 * its second token on, each once. What the last window and the last batch lack is padding whose
 * targets are ignored, so every batch has the same size.
 */
export function* evaluationBatches(
  stream: TokenStream,
  { B, T, pad }: { B: number; T: number; pad: number },
): Generator<Batch> {
  const windows = evaluationWindowCount(stream, T);
  for (let first = 0; first < windows; first += B) {
    const from = first * T;
    const inputIds = new Int32Array(B * T).fill(pad);
    const targets = new Int32Array(B * T).fill(IGNORE);
    const targetCount = Math.min(B * T, stream.length - 1 - from);
    inputIds.set(stream.subarray(from, from + targetCount));
    targets.set(stream.subarray(from + 1, from + 1 + targetCount));
    yield { inputIds, targets, targetCount };
  }
}
