/** Studies of a made-up experiment: they take a few ticks, can be paused, and leave plausible curves. */
import type { LabEvent, MetricRow } from '../../src/lab/api';
import { noStudies, type StoredStudies } from '../../src/lab/parts';
import type { LabelPoint, StudyRequest, StudyResults } from '../../src/lab/studies_api';
import { studyResults } from '../../src/lab/study_results';
import { SHARES } from '../../src/rlhf/label_curve';

/** A learned reward that follows the true one up to a point, and a weaker one that leaves it early. */
function samples(prompts: number, N: number, error: number) {
  const learned = new Float32Array(prompts * N);
  const truth = new Float32Array(prompts * N);
  for (let i = 0; i < learned.length; i++) {
    const hash = (i * 2_654_435_761) >>> 0;
    const [good, wrong] = [(hash % 1000) / 1000, ((hash >>> 10) % 1000) / 1000];
    truth[i] = 0.4 + 0.4 * good - 0.15 * wrong ** 8;
    learned[i] = 2 * good + error * wrong;
  }
  return { learned, truth };
}

const accuracy = (share: number) => ({ share, half: 0.02 });
const labelPoint = (share: number): LabelPoint => ({
  share,
  prompts: 1000 * share,
  pairs: 14_000 * share,
  val: accuracy(0.69 + 0.03 * Math.log2(share) * 0.7),
  heldout: accuracy(0.67 + 0.03 * Math.log2(share) * 0.6),
});

const PHASES = {
  best_of_n: 'sampling answers',
  label_curve: 'training',
  model_sizes: 'the models answer the test prompts',
} as const;

/** So many prompts of a hundred that are won, and the rest lost. */
const wins = (won: number) => Array.from({ length: 100 }, (_, i) => (i < won ? 1 : 0));

export class FakeStudies {
  private readonly stored: StoredStudies = noStudies();
  private held = false;

  constructor(
    private readonly note: (name: string, ...args: unknown[]) => void,
    private readonly send: (event: LabEvent) => void,
    private readonly tick: number,
    /** PPO's, as far as it has run. */
    private readonly rows: () => readonly MetricRow[],
  ) {}

  results(): StudyResults {
    return studyResults(this.stored, this.rows());
  }

  async study(request: StudyRequest): Promise<void> {
    this.note('study', request);
    this.held = false;
    for (let step = 1; step <= 4 && !this.held; step++) {
      const share = step / 4;
      const phase = PHASES[request.study];
      const progress = { study: request.study, phase, share, secondsLeft: 9 - 2 * step };
      this.send({ type: 'study', progress });
      await new Promise((resolve) => setTimeout(resolve, this.tick));
      this.make(request, step);
      this.send({ type: 'studies', results: this.results() });
    }
    this.send({ type: 'study', progress: null });
  }

  hold(): void {
    this.held = true;
  }

  private make(request: StudyRequest, step: number): void {
    if (request.study === 'best_of_n') {
      const { samples: N, few } = request;
      const prompts = (request.prompts * step) / 4;
      const { learned, truth } = samples(prompts, N, 1);
      const all = few ? [learned, samples(prompts, N, 3).learned] : [learned];
      const labels = few ? [1000, 125] : [1000];
      this.stored.bestOfN = { request, labels, learned: all, truth, few: null };
    } else if (request.study === 'model_sizes') {
      this.stored.modelSizes = {
        request,
        name: 'a larger one',
        parameters: { this: 136_960, other: 940_800 },
        reference: 'other',
        answers: {},
        wins:
          step < 4
            ? null
            : {
                'this base': wins(12),
                'this sft': wins(38),
                'this policy': wins(46),
                'other base': wins(20),
                'other sft': wins(50),
                headline: wins(71),
              },
      };
    } else {
      const points = SHARES.slice(-step).map(labelPoint);
      const agreement = { val: 0.726, heldout: 0.773 };
      this.stored.labelCurve = { ranked: 8 * 125, points, agreement };
    }
  }
}
