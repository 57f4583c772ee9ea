/** The report's tables: wins, the three H's, and what alignment costs of the skills. */
import { For, Show } from 'solid-js';
import type { EvaluatedModel, Report } from '../../lab/api';
import { formatNumber, formatPercent } from '../format';
import { Empty, Section } from '../parts/Room';
import { WRITER_NAMES } from '../parts/writers';
import { useLab } from '../state/lab';
import { Score } from './Duels';
import styles from './ReportTables.module.css';

const MODELS: readonly EvaluatedModel[] = ['base', 'sft', 'sft_for_rl', 'policy'];
type Evaluation = NonNullable<Report['evaluate']>;
type Row = { what: string; of: Record<EvaluatedModel, number>; format: (value: number) => string };

const two = (value: number) => value.toFixed(2);
const percent = (value: number) => formatPercent(value);

const qualityRows = (e: Evaluation): Row[] => [
  { what: 'True reward', of: e.true_reward, format: two },
  { what: 'Helpful', of: e.helpful, format: two },
  { what: 'Honest', of: e.honest, format: two },
  { what: 'Harmless', of: e.harmless, format: two },
];

/** Each skill's accuracy, their mean, and the loss on the corpus. */
function taxRows(e: Evaluation): Row[] {
  const names = Object.keys(e.skills.base);
  const each = (f: (model: EvaluatedModel) => number) =>
    Object.fromEntries(MODELS.map((model) => [model, f(model)])) as Record<EvaluatedModel, number>;
  const mean = (model: EvaluatedModel) =>
    names.reduce((sum, name) => sum + (e.skills[model][name] ?? 0), 0) / Math.max(1, names.length);
  return [
    ...names.map((name) => ({
      what: name,
      of: each((model) => e.skills[model][name] ?? 0),
      format: percent,
    })),
    { what: 'mean of the skills', of: each(mean), format: percent },
    { what: 'corpus loss (nats a token)', of: e.pretrain_val_loss, format: formatNumber },
  ];
}

export function ReportTables() {
  const store = useLab();
  const evaluation = () => store.state.experiment?.report?.evaluate;
  return (
    <Show
      when={evaluation()}
      fallback={
        <Section title="Report">
          <Empty>
            Wins with their interval, the three H’s and the skills of every model will be here once
            the models are compared.
          </Empty>
        </Section>
      }
    >
      {(e) => (
        <>
          <Section title="Wins">
            <ul>
              <Score
                unit="prompt"
                score={{ a: 'policy', b: e().win_rate_vs_sft.opponent, ...e().win_rate_vs_sft }}
              />
            </ul>
          </Section>
          <Section
            title="What the world says"
            aside={<span class="small muted">mean over test prompts, 0 to 1</span>}
          >
            <ModelTable rows={qualityRows(e())} caption="Quality by model" />
          </Section>
          <Section
            title="Alignment tax"
            aside={<span class="small muted">accuracy on the skills of the corpus</span>}
          >
            <ModelTable rows={taxRows(e())} caption="Skills by model" />
          </Section>
          <Files />
        </>
      )}
    </Show>
  );
}

function ModelTable(props: { rows: readonly Row[]; caption: string }) {
  return (
    <table class={styles['table']}>
      <caption class="hidden-visually">{props.caption}</caption>
      <thead>
        <tr>
          <td />
          <For each={MODELS}>
            {(model) => (
              <th scope="col" data-number>
                {WRITER_NAMES[model]}
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <th scope="row">{row.what}</th>
              <For each={MODELS}>{(model) => <td data-number>{row.format(row.of[model])}</td>}</For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

/** The report as a file, for whoever wants to compute on it. */
function Files() {
  const store = useLab();
  const save = () =>
    store.notices.attempt(async () => {
      const { saveFile } = await import('../state/saveFile');
      saveFile('report.json', await store.api.file('report.json'));
    });
  return (
    <div>
      <button type="button" onClick={() => void save()}>
        Save report.json
      </button>
    </div>
  );
}
