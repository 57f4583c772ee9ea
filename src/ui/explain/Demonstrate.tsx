/** What happens in the demonstration room: SFT on answers alone, in two recipes. */
import { SftFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';

export function ExplainDemonstrate() {
  const rows = useSettingRows([
    'data.demonstrations',
    'sft.epochs',
    'sft.batch',
    'sft.lr',
    'sft.dropout',
    'sft_for_rl.epochs',
    'sft_for_rl.mix',
  ]);
  return (
    <>
      <p>
        The base model is trained further on prompts with an answer that a person wrote. Only the
        answer and its end count; the prompt is given. Two models come of it: <strong>SFT</strong>,
        and <strong>SFT for RL</strong> with corpus mixed in, which forgets less and from which PPO
        starts.
      </p>
      <SftFormula />
      <PaperTable rows={rows()} />
      <p>
        The paper goes on for 16 epochs although its validation loss over-fits after one: people
        keep preferring the later models. Judge by the answers, not by the curve alone.
      </p>
      <p>
        Try next: write ten demonstrations in a voice of your own, train again, and see whether the
        answers take it up. Then <a href="#/rank">rank</a> what it writes.
      </p>
    </>
  );
}
