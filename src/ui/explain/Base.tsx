/** What happens in the base room: next-token prediction on a corpus written like the web. */
import type { Settings } from '../../config/fields';
import { formatCount, formatNumber } from '../format';
import { BaseFormula } from '../parts/formulas';
import { PaperTable, useSettingRows } from '../parts/PaperTable';
import { useLab } from '../state/lab';

/** Weights of a GPT-2 with a tied head: embeddings, L blocks of 12 C² + 13 C, the last LayerNorm. */
function parametersOf(settings: Settings): number {
  const C = settings['model.n_embd'];
  const rows = settings['model.vocab_size'] + settings['model.n_positions'];
  return rows * C + settings['model.n_layer'] * (12 * C * C + 13 * C) + 2 * C;
}

export function ExplainBase() {
  const store = useLab();
  const settings = () => store.state.experiment?.config.settings;
  const loss = () => store.state.experiment?.report?.base?.val_loss;
  const shape = useSettingRows(['model.n_layer', 'model.n_embd', 'model.vocab_size']);
  const here = (value: (s: Settings) => number) => {
    const known = settings();
    return known ? formatCount(value(known)) : '–';
  };
  const rows = () => [
    { what: 'Parameters (GPT-3)', paper: '175 B', here: here(parametersOf) },
    { what: 'Tokens seen (GPT-3)', paper: '300 B', here: here((s) => s['base.tokens']) },
    ...shape(),
    {
      what: 'Validation loss, nats a token',
      paper: '–',
      here: loss() === undefined ? 'not trained yet' : formatNumber(loss()),
    },
  ];
  return (
    <>
      <p>
        A small GPT-2 learns to foresee the next token of the corpus. The corpus is written like the
        web: the good answer to a question is only one continuation among rude, wrong and rambling
        ones. So the base model continues text; it does not answer.
      </p>
      <BaseFormula />
      <PaperTable rows={rows()} />
      <p>
        Try next: give it the same question several times and count how often an answer follows.
        Then <a href="#/demonstrate">demonstrate</a> what an answer is.
      </p>
    </>
  );
}
