/** What happens in the reinforcement room: PPO-ptx, its objective and its advantages. */
import { PpoFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';
import { AdvantageFormula } from './formulas';

export function ExplainReinforce() {
  const rows = useSettingRows([
    'ppo.kl_coef',
    'ppo.ptx_coef',
    'ppo.ptx_ratio',
    'ppo.cliprange',
    'ppo.policy_lr',
    'ppo.value_lr',
    'ppo.episodes',
    'ppo.batch',
  ]);
  return (
    <>
      <p>
        The policy starts as SFT for RL. Each iteration it answers a batch of prompts, the reward
        model scores the answers, and every token pays β for each nat by which it moved away from
        where it started. γ mixes next-token learning on the corpus in, so that skills are kept
        (PPO-ptx).
      </p>
      <PpoFormula />
      <p>
        The value model V foresees the reward. What comes better than foreseen has a positive
        advantage and is made likelier; what comes worse is made rarer.
      </p>
      <AdvantageFormula />
      <PaperTable rows={rows()} />
      <p>
        Try next: pause, set β to the paper’s 0.02, and go on. The learned reward climbs faster;
        watch when the true reward stops following. Then <a href="#/compare">compare</a>.
      </p>
    </>
  );
}
