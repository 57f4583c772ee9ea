/** From what the studies have stored to what is shown of them. */
import { bestOfNCurve } from '../rlhf/best_of_n';
import { SHARES } from '../rlhf/label_curve';
import { type DistancePoint, fitBestOfN, fitPpo } from '../rlhf/over_optimization';
import type { MetricRow } from './api';
import type { StoredBestOfN, StoredLabelCurve, StoredStudies } from './parts';
import type { BestOfNResult, LabelCurve, PpoByDistance, StudyResults } from './studies_api';

export function studyResults(
  { bestOfN, labelCurve }: StoredStudies,
  ppoRows: readonly MetricRow[],
): StudyResults {
  return {
    bestOfN: bestOfN && bestOfNResult(bestOfN),
    ppo: ppoByDistance(ppoRows),
    labelCurve: labelCurve && labelCurveOf(labelCurve),
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
