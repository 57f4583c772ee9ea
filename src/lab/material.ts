/**
 * What an experiment works on: the world made from its seed, the tokenizer trained on its corpus,
 * and the tokenised data. Made in the text worker, the same on every machine.
 */
import { worldSeed } from '../config/bundled';
import type { ExperimentConfig } from '../config/experiment';
import { type TokenizedExample, tokenizeExamples } from '../text/datasets/examples';
import { packDocuments, type TokenStream } from '../text/datasets/packing';
import { Tokenizer } from '../text/tokenizer/tokenizer';
import { trainBpe } from '../text/tokenizer/trainBpe';
import { corpusShares, makeWorld, trainingSizes, type World } from '../text/world';
import type { CorpusPage } from './api';

/** Plain data, as it crosses from the text worker. */
export interface RawMaterial {
  readonly world: World;
  readonly tokenizerJson: string;
  readonly train: TokenStream;
  readonly val: TokenStream;
}

export interface Material {
  readonly world: World;
  readonly tokenizer: Tokenizer;
  readonly corpus: { readonly train: TokenStream; readonly val: TokenStream };
  /** Tokens of the longest prompt of any split. */
  readonly promptTokens: number;
  /** Whether a text holds the question of a validation, test or held-out prompt, or a skill item. */
  quotesEvaluation(text: string): boolean;
}

/** Generates the world, trains the tokenizer on the training corpus, packs both splits. */
export function makeMaterial(
  config: ExperimentConfig,
  report: (what: string) => void = () => {},
): RawMaterial {
  const { preset, settings } = config;
  report('writing the corpus');
  const usual = trainingSizes(preset);
  const world = makeWorld({
    seed: worldSeed(config),
    preset,
    // Fewer are the first of the usual ones; more make a larger world.
    sizes: {
      demonstrations: Math.max(usual.demonstrations, settings['data.demonstrations']),
      rankedPrompts: Math.max(usual.rankedPrompts, settings['data.ranked_prompts']),
      prompts: Math.max(usual.prompts, settings['data.prompts']),
    },
  });
  report('training the tokenizer');
  const tokenizer = trainBpe(world.corpus.train, { vocabSize: settings['model.vocab_size'] });
  report('tokenising the corpus');
  return {
    world,
    tokenizerJson: tokenizer.toJSONText(),
    train: packDocuments(world.corpus.train, tokenizer),
    val: packDocuments(world.corpus.val, tokenizer),
  };
}

export function openMaterial({ world, tokenizerJson, train, val }: RawMaterial): Material {
  const tokenizer = Tokenizer.fromJSON(tokenizerJson);
  const { prompts, rankingPrompts } = world;
  const all = [prompts.train, prompts.val, prompts.test, ...Object.values(rankingPrompts)].flat();
  const evaluation = [prompts.val, prompts.test, rankingPrompts.val, rankingPrompts.heldout].flat();
  const questions = new Set(evaluation.map(({ prompt }) => prompt.split('\n')[0]!));
  const lengths = all.map(({ prompt }) => tokenizer.encode(prompt).length);
  return {
    world,
    tokenizer,
    corpus: { train, val },
    promptTokens: lengths.reduce((most, length) => Math.max(most, length), 1),
    quotesEvaluation: (text) =>
      world.skillsTest.some(({ prompt }) => text.includes(prompt.trimEnd())) ||
      (text.match(/Q: [^\n]*/g) ?? []).some((question) => questions.has(question.trimEnd())),
  };
}

/** Demonstrations as token ids; those that do not fit the context are left out and counted. */
export function tokenizeDemonstrations(
  rows: readonly { prompt: string; completion: string }[],
  tokenizer: Tokenizer,
  T: number,
): { examples: TokenizedExample[]; leftOut: number } {
  const { examples, tooLong } = tokenizeExamples(rows, tokenizer, T);
  return { examples, leftOut: tooLong.length };
}

/** Documents of the training corpus, and the share of each kind in the whole of it. */
export function corpusPage(
  { corpus, corpusKinds }: World,
  from: number,
  count: number,
): CorpusPage {
  const { train } = corpus;
  const kinds = corpusKinds.train;
  return {
    total: train.length,
    documents: train.slice(from, from + count).map((text, i) => ({ kind: kinds[from + i]!, text })),
    shares: corpusShares(train, kinds),
  };
}
