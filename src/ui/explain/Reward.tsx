/** What happens in the reward room: the pairwise loss, all pairs of a prompt as one element. */
import { formatPercent } from '../format';
import { RewardFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';
import { useLab } from '../state/lab';

export function ExplainReward() {
  const store = useLab();
  const settings = useSettingRows([
    'data.ranked_prompts',
    'reward.prompts_per_batch',
    'reward.epochs',
    'reward.lr',
  ]);
  const accuracy = (name: 'val_accuracy' | 'heldout_labeler_accuracy') => {
    const value = store.state.experiment?.report?.reward?.[name];
    return value === undefined ? 'not trained yet' : formatPercent(value, 1);
  };
  const rows = () => [
    ...settings(),
    { what: 'Held-out pairs ordered right', paper: '72.4 ± 0.4 %', here: accuracy('val_accuracy') },
    {
      what: 'The same, held-out labelers',
      paper: '69.6 ± 0.9 %',
      here: accuracy('heldout_labeler_accuracy'),
    },
  ];
  return (
    <>
      <p>
        SFT gets a head that gives one number for an answer, read at its last token. It learns from
        the rankings: of each pair, the answer ranked better shall score higher. All P pairs of a
        prompt are one batch element, and ties give none. Rankings that no person has made are first
        filled in by eight simulated labelers.
      </p>
      <RewardFormula />
      <p>
        At the end the scores are shifted so that an average demonstration gets 0. A loss of 0.693
        nats a pair is guessing. No model can be right more often than labelers agree with each
        other.
      </p>
      <PaperTable rows={rows()} />
      <p>
        Try next: write an answer that is kind but wrong, and one that is right but curt. Which does
        it like better? Then <a href="#/reinforce">let PPO follow it</a>.
      </p>
    </>
  );
}
