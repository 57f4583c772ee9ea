/** The bundled world: generator, scorer and labelers. */

export { corpusShares, SHARES as CORPUS_SHARES } from './corpus';
export { makeFacts } from './facts';
export { FAMILY_NAMES, PROPORTIONS } from './families';
export { QUALITIES as FORUM_QUALITIES } from './forum';
export {
  labelAgreement,
  makeLabelers,
  type RankedPrompt,
  rank,
  TIE,
  trueReward,
  trueRewardOf,
  utility,
} from './labelers';
export { LIMITS } from './limits';
export { claimText, score } from './scorer';
export type * from './types';
export { makeWorld, type TrainingSizes, trainingSizes, type WorldOptions } from './world';
