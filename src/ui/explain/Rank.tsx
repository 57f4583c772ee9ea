/** What happens in the ranking room: many pairs from one ranking, and how agreement is measured. */
import { formatPercent } from '../format';
import { PairsFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';
import { useLab } from '../state/lab';
import { AlphaFormula } from './formulas';

export function ExplainRank() {
  const store = useLab();
  const settings = useSettingRows(['reward.k_min', 'reward.k_max', 'data.ranked_prompts']);
  const agreement = () => store.state.experiment?.report?.reward?.label_agreement;
  const rows = () => [
    ...settings(),
    { what: 'Labelers', paper: 'about 40 people', here: '12 simulated, and you' },
    {
      what: 'Two labelers order a pair alike',
      paper: '72.6 ± 1.5 %',
      here: agreement() === undefined ? 'not measured yet' : formatPercent(agreement(), 1),
    },
  ];
  return (
    <>
      <p>
        For a prompt, K answers are sampled, most from SFT and some from the base model, and shown
        without saying which is which. Ranking K answers at once gives many comparisons for little
        work: every two that are not tied make a pair that the reward model learns from.
      </p>
      <PairsFormula />
      <PaperTable rows={rows()} />
      <p>
        People disagree, and so do you with yourself: one item in eight comes a second time,
        unannounced and shuffled anew. Agreement is the share of pairs that both order alike.
        Krippendorff’s α corrects it for chance: 1 is perfect, 0 is what dice would give.
      </p>
      <AlphaFormula />
      <p>
        Try next: rank twenty items by a taste of your own, say the shortest first. Then train the
        reward model and see in <a href="#/reward">Reward</a> whether it noticed.
      </p>
    </>
  );
}
