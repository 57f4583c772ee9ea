/** How far this labeler agrees with themselves, with others, and the reward model with them. */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import type { LabelerAgreement, PairAgreement } from '../../lab/api';
import { formatFixed, formatPercent, plural } from '../format';
import { Section } from '../parts/Room';
import { useLab } from '../state/lab';
import { labelerName } from '../state/labeler';
import styles from './AgreementPanel.module.css';

interface Row {
  readonly who: string;
  readonly what: string;
  readonly agreement: PairAgreement | null;
}

export function AgreementPanel() {
  const store = useLab();
  const [found, setFound] = createSignal<LabelerAgreement | null>(null);
  const [busy, setBusy] = createSignal(false);
  const update = (withRewardModel: boolean) =>
    store.notices.attempt(async () => {
      const labeler = labelerName();
      const next = await store.api.agreement(labeler, withRewardModel);
      if (labeler === labelerName()) setFound(next);
    });
  createEffect(
    on(
      [() => store.state.experiment?.id, () => store.state.experiment?.labels, labelerName],
      ([id]) => {
        if (id) void update(false);
        else setFound(null);
      },
    ),
  );
  const score = async () => {
    setBusy(true);
    await update(true);
    setBusy(false);
  };
  const rows = (): Row[] => {
    const now = found();
    if (!now) return [];
    return [
      {
        who: 'Yourself, the second time',
        what: 'One item in eight comes again, shuffled anew.',
        agreement: now.self,
      },
      ...now.others.map((other) => ({
        who: other.labeler,
        what: 'On the items that both of you ranked.',
        agreement: other,
      })),
      {
        who: 'The simulated labelers',
        what: 'All eight training labelers on your items.',
        agreement: now.simulated,
      },
      {
        who: 'These among themselves',
        what: 'On the same items: what a good judge can reach.',
        agreement: now.betweenSimulated,
      },
      {
        who: 'The reward model',
        what: 'How often it orders your pairs as you do. It cannot do better than you do with yourself.',
        agreement: now.rewardModel,
      },
    ];
  };
  const hasReward = () => store.state.experiment?.models.includes('reward') === true;
  return (
    <Show when={(found()?.items ?? 0) > 0}>
      <Section title="Who agrees with you">
        <table class={styles['table']}>
          <thead>
            <tr>
              <td />
              <th scope="col" data-number title="Share of pairs that both order alike">
                Alike
              </th>
              <th scope="col" data-number title="Krippendorff’s α: 1 is perfect, 0 is chance">
                α
              </th>
              <th scope="col" data-number title="Pairs that both order">
                Pairs
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={rows()}>
              {(row) => (
                <tr>
                  <th scope="row" title={row.what}>
                    {row.who}
                  </th>
                  <td data-number>
                    {row.agreement ? formatPercent(row.agreement.alike / row.agreement.pairs) : '–'}
                  </td>
                  <td data-number>
                    {row.agreement && Number.isFinite(row.agreement.alpha)
                      ? formatFixed(row.agreement.alpha, 2)
                      : '–'}
                  </td>
                  <td data-number>{row.agreement?.pairs.toLocaleString('en-US') ?? '–'}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
        <p class="small muted">
          On {plural(found()?.items ?? 0, 'item')} of yours. In the paper two labelers order 72.6 ±
          1.5 % of pairs alike, and the reward model 72.4 ± 0.4 % as they do.
        </p>
        <Show when={hasReward()}>
          <button
            type="button"
            data-small
            disabled={
              busy() || store.state.gpu?.ok !== true || store.active()?.status === 'running'
            }
            onClick={() => void score()}
          >
            {busy() ? 'Asking …' : 'Ask the reward model'}
          </button>
        </Show>
      </Section>
    </Show>
  );
}
