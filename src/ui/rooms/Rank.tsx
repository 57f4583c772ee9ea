/** Stage 2a: completions of a prompt, blind and shuffled, to be ranked by the person. */
import { createSignal, Match, Show, Switch } from 'solid-js';
import { ExplainRank } from '../explain/Rank';
import { plural, promptText } from '../format';
import { Choices } from '../parts/Choices';
import { Columns, Empty, Room } from '../parts/Room';
import { StageAction } from '../parts/StageAction';
import { AgreementPanel } from '../rank/AgreementPanel';
import { AllLabelers } from '../rank/AllLabelers';
import { Guidelines } from '../rank/Guidelines';
import { KeysDialog } from '../rank/KeysDialog';
import { LabelerPanel } from '../rank/LabelerPanel';
import { RankBoard } from '../rank/RankBoard';
import { RatingBar } from '../rank/RatingBar';
import { Reveal } from '../rank/Reveal';
import { SkipDialog } from '../rank/SkipDialog';
import { useLab } from '../state/lab';
import { createRankingSession, type RankingSession } from '../state/ranking';
import styles from './Rank.module.css';

const LAYOUTS = [
  { value: 'side', label: 'Side by side' },
  { value: 'stacked', label: 'Stacked' },
] as const;
type Layout = (typeof LAYOUTS)[number]['value'];

export default function Rank() {
  const store = useLab();
  const ready = () => store.status('sft') === 'done';
  const session = createRankingSession(store, ready);
  const state = () => {
    if (!store.state.experiment) return 'There is no experiment yet, so nothing to rank.';
    if (!ready()) return 'Ranking needs answers to rank: train SFT first, in Demonstrate.';
    const labels = store.state.experiment.labels;
    const items = Object.values(labels.byLabeler).reduce((sum, n) => sum + n, 0);
    return items === 0
      ? 'No item is ranked yet. Rank a few yourself; simulated labelers fill the rest in Reward.'
      : `${plural(items, 'item')} ranked, ${plural(labels.pairs, 'ordered pair')} to learn from.`;
  };
  return (
    <Room
      title="Rank"
      state={state()}
      action={
        <Show when={ready()} fallback={<StageAction stage="sft" />}>
          <StageAction
            stage="reward"
            verb="Let simulated labelers rank, and train"
            again="Train on new rankings …"
            quiet
          />
        </Show>
      }
      explain={<ExplainRank />}
    >
      <Columns
        lead
        work={<Work session={session} ready={ready()} />}
        evidence={
          <>
            <LabelerPanel session={ready() ? session : null} />
            <Show when={session.revealed()}>{(revealed) => <Reveal revealed={revealed()} />}</Show>
            <AgreementPanel />
            <AllLabelers />
          </>
        }
      />
    </Room>
  );
}

function Work(props: { session: RankingSession; ready: boolean }) {
  const [layout, setLayout] = createSignal<Layout>('side');
  const [open, setOpen] = createSignal<'keys' | 'skip' | null>(null);
  const dialogs = { keys: () => setOpen('keys'), skip: () => setOpen('skip') };
  const close = () => {
    setOpen(null);
    props.session.refocus();
  };
  const session = () => props.session;
  return (
    <div>
      <Switch fallback={<p class="muted">Getting the next item …</p>}>
        <Match when={!props.ready}>
          <Empty>
            A prompt with four to nine completions will be here, in blind and shuffled order. You
            put them in order; ties are free.
          </Empty>
        </Match>
        <Match when={session().failure()}>
          {(failure) => (
            <Empty
              action={
                <button type="button" onClick={() => void session().reload()}>
                  Try again
                </button>
              }
            >
              {failure()}
            </Empty>
          )}
        </Match>
        <Match when={session().item()}>
          {(item) => (
            <>
              <Guidelines />
              <div class={styles['head']}>
                <p class={styles['prompt']} data-prompt>
                  {promptText(item().prompt)}
                </p>
                <div class={styles['layout']}>
                  <Choices label="Layout" options={LAYOUTS} value={layout()} onChange={setLayout} />
                </div>
              </div>
              <RankBoard session={session()} layout={layout()} dialogs={dialogs} />
              <RatingBar session={session()} dialogs={dialogs} />
            </>
          )}
        </Match>
      </Switch>
      <Show when={open() === 'keys'}>
        <KeysDialog onClose={close} />
      </Show>
      <Show when={open() === 'skip'}>
        <SkipDialog onClose={close} onSkip={(reason) => void session().skip(reason)} />
      </Show>
    </div>
  );
}
