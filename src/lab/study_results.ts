/** From what the studies have stored to what is shown of them. */
import { bestOfNCurve } from '../rlhf/best_of_n';
import { SHARES } from '../rlhf/label_curve';
import { COMPARED } from '../rlhf/model_sizes';
import { type DistancePoint, fitBestOfN, fitPpo } from '../rlhf/over_optimization';
import { estimated } from '../rlhf/statistics';
import type { MetricRow } from './api';
import type { StoredBestOfN, StoredLabelCurve, StoredModelSizes, StoredStudies } from './parts';
import type {
  BestOfNResult,
  LabelCurve,
  ModelSizes,
  PpoByDistance,
  StudyResults,
  Whose,
} from './studies_api';

export function studyResults(
  { bestOfN, labelCurve, modelSizes }: StoredStudies,
  ppoRows: readonly MetricRow[],
): StudyResults {
  return {
    bestOfN: bestOfN && bestOfNResult(bestOfN),
    ppo: ppoByDistance(ppoRows),
    labelCurve: labelCurve && labelCurveOf(labelCurve),
    modelSizes: modelSizes && modelSizesOf(modelSizes),
  };
}

function bestOfNResult({ request, truth, learned, labels }: StoredBestOfN): BestOfNResult {
  return {
    request,
    done: truth.length / request.samples,
    curves: learned.map((rewards, at) => {
      const points = bestOfNCurve(rewards, truth, request.samples);
      const fitted = (of: 'learned' | 'truth') =>
        fitBestOfN(points.map((point) => ({ d: Math.sqrt(point.kl), reward: point[of].mean })));
      return {
        labels: labels[at]!,
        points,
        fits: { learned: fitted('learned'), truth: fitted('truth') },
      };
    }),
  };
}

/** PPO's iterations as points; null before there is one. */
export function ppoByDistance(rows: readonly MetricRow[]): PpoByDistance | null {
  const pointsOf = (name: string): DistancePoint[] =>
    rows.flatMap((row) => {
      const [kl, reward] = [row['objective/kl'], row[name]];
      if (kl === undefined || reward === undefined) return [];
      const d = Math.sqrt(Math.max(0, kl));
      return Number.isFinite(d) && Number.isFinite(reward) ? [{ d, reward }] : [];
    });
  if (rows.length === 0) return null;
  const [learned, truth] = [pointsOf('objective/scores'), pointsOf('true_reward')];
  const fits = { learned: fitPpo(learned), truth: fitPpo(truth) };
  const above = (points: readonly DistancePoint[], start: number | undefined) =>
    points.map(({ d, reward }) => ({ d, reward: reward - (start ?? points[0]!.reward) }));
  return {
    learned: above(learned, fits.learned?.start),
    truth: above(truth, fits.truth?.start),
    fits,
  };
}

const labelCurveOf = ({ points, ranked, agreement }: StoredLabelCurve): LabelCurve => ({
  ranked,
  points: [...points].sort((a, b) => a.share - b.share),
  whole: points.length === SHARES.length,
  agreement,
});

export const WHOSE: readonly Whose[] = ['this', 'other'];

/** What an answerer is stored by: `this policy`, `other sft`. */
export const answererOf = (whose: Whose, writer: string) => `${whose} ${writer}`;

function modelSizesOf({
  request,
  name,
  parameters,
  reference,
  wins,
}: StoredModelSizes): ModelSizes {
  const found = wins ?? {};
  const rows = WHOSE.flatMap((whose) =>
    COMPARED.flatMap((writer) => {
      const own = found[answererOf(whose, writer)];
      return own ? [{ whose, writer, win: estimated(own, 0) }] : [];
    }),
  );
  const { headline } = found;
  return {
    ...{ request, name, parameters, reference },
    wins: rows,
    headline: headline ? estimated(headline, 0) : null,
    whole: wins !== null,
  };
}
