/** What happens in the comparison: blind pairs, intervals, and the tax on what was known before. */
import type { EvaluatedModel } from '../../lab/api';
import { formatPercent } from '../format';
import { PaperTable } from '../parts/PaperTable';
import { useLab } from '../state/lab';
import { BestOfNFormula, WinFormula } from './formulas';

const TAXED: readonly EvaluatedModel[] = ['base', 'sft', 'policy'];

export function ExplainCompare() {
  const store = useLab();
  const report = () => store.state.experiment?.report?.evaluate;
  const wins = () => {
    const found = report()?.win_rate_vs_sft;
    if (!found) return 'not compared yet';
    return `${formatPercent(found.mean, 1)} (to SFT for RL)`;
  };
  const skills = () => {
    const found = report()?.skills;
    if (!found) return 'not compared yet';
    return TAXED.map((model) => {
      const values = Object.values(found[model]);
      return ((100 * values.reduce((sum, x) => sum + x, 0)) / values.length).toFixed(1);
    }).join(' / ');
  };
  const ptx = () => store.state.experiment?.config.settings['ppo.ptx_coef'] !== 0;
  return (
    <>
      <p>
        Test prompts stand in no training text. Win rates come from blind pairs, a tie counting
        half; their 95 % interval is a bootstrap over prompts.
      </p>
      <WinFormula />
      <p>
        The four skills and the loss on the corpus show the alignment tax: what learning to answer
        costs of what was known before. In the paper, plain PPO pays it and PPO-ptx gets most of it
        back.
      </p>
      <PaperTable
        rows={[
          { what: 'Preferred', paper: '85 ± 3 % (to GPT-3, both 175 B)', here: wins() },
          {
            what: 'Skills: base / SFT / policy',
            paper: 'DROP F1 35.3 / 35.9 / 33.3',
            here: `${skills()} %`.replace('yet %', 'yet'),
          },
          {
            what: 'The same with plain PPO (γ = 0)',
            paper: 'DROP F1 35.3 / 35.9 / 27.8',
            here: ptx() ? 'run it with γ = 0' : 'this run',
          },
        ]}
      />
      <p>
        Whoever follows a learned reward far enough follows its mistakes (Gao et al. 2022). PPO does
        so by training, best of n by choosing. For best of n the distance is known, and Gao found
        these forms with d the root of the KL:
      </p>
      <BestOfNFormula />
      <p>
        Try next: make an experiment with γ = 0 (plain PPO) and the same seed, and look at the
        skills again.
      </p>
    </>
  );
}
