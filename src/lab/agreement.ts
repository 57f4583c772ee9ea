/** How far a person's rankings agree with their own second look, with others, and with the models. */
import { agreementOf, pairedRankings } from '../rlhf/agreement';
import type { Ranking } from '../rlhf/rankings';
import type { LabelerAgreement } from './api';
import type { Experiment } from './experiment';
import type { Judge } from './judge';
import { rankingOf } from './pipeline';

/** An agreement that has pairs to speak of, or null. */
function found(pairs: [Ranking, Ranking][]) {
  const agreement = agreementOf(pairs);
  return agreement.pairs > 0 ? agreement : null;
}

/**
 * @param rewards of every completion of the labeler's rankings, in their order; none: unknown
 */
export function labelerAgreement(
  labeler: string,
  { parts }: Experiment,
  judge: Judge,
  rewards?: readonly number[],
): LabelerAgreement {
  const all = parts.personal.flatMap((one) => {
    const ranking = rankingOf(one);
    return ranking ? [{ ...ranking, again: one.again === true }] : [];
  });
  const mine = all.filter((one) => one.labeler === labeler && !one.again);
  const second = all.filter((one) => one.labeler === labeler && one.again);
  const people = [...all.filter((one) => !one.again), ...parts.imported];
  const others = [...new Set(people.map((one) => one.labeler))].filter((name) => name !== labeler);
  // Every simulated labeler says what it thinks of the items that this person has ranked.
  const known = mine.filter(({ prompt }) => judge.score(prompt, '') !== null);
  const simulated = judge.training.map((one) =>
    known.map((row, index) => judge.rank(one, { ...row, writers: [] }, `agreement ${index}`)),
  );
  const between = simulated.flatMap((one, i) =>
    simulated.slice(i + 1).flatMap((other) => pairedRankings(one, other)),
  );
  let at = 0;
  const scored = rewards
    ? mine.map((row): Ranking => {
        const values = rewards.slice(at, at + row.completions.length);
        at += row.completions.length;
        return {
          ...row,
          ranks: values.map((value) => 1 + values.filter((v) => v > value).length),
        };
      })
    : [];
  return {
    items: mine.length,
    self: found(pairedRankings(mine, second)),
    others: others.flatMap((name) => {
      const agreement = found(
        pairedRankings(
          mine,
          people.filter((one) => one.labeler === name),
        ),
      );
      return agreement ? [{ labeler: name, ...agreement }] : [];
    }),
    simulated: found(simulated.flatMap((rows) => pairedRankings(mine, rows))),
    betweenSimulated: found(between),
    rewardModel: rewards ? found(pairedRankings(mine, scored)) : null,
  };
}

/** What the reward model has to score so that it can be held against a labeler's rankings. */
export function textsOf(labeler: string, { parts }: Experiment) {
  return parts.personal
    .filter((one) => one.labeler === labeler && !one.again && one.ranks)
    .flatMap(({ task }) =>
      task.completions.map((completion) => ({ prompt: task.prompt, completion })),
    );
}
