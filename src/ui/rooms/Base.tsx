/** Room 0: the corpus, and a base model that continues text as found there. */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import type { CorpusPage, DocumentKind } from '../../lab/api';
import { ExplainBase } from '../explain/Base';
import { formatNumber, formatPercent } from '../format';
import { ChartTools } from '../parts/ChartTools';
import { CurveChart } from '../parts/CurveChart';
import { Pager } from '../parts/Pager';
import { Columns, Empty, Room, Section } from '../parts/Room';
import { SamplesOverTime } from '../parts/Samples';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { TryPrompt } from '../parts/TryPrompt';
import { bundleFits } from '../state/bundled';
import { useLab } from '../state/lab';
import styles from './Base.module.css';
import { ImportBase } from './ImportBase';
import { TakeBundled } from './TakeBundled';

/** Kinds of documents: what they are called, and what they are. */
const KINDS = [
  {
    kind: 'stories',
    name: 'stories',
    one: 'story',
    color: '--series-blue',
    what: 'people, animals, places, feelings',
  },
  {
    kind: 'facts',
    name: 'fact pages',
    one: 'fact page',
    color: '--series-green',
    what: 'the town’s facts in many wordings',
  },
  {
    kind: 'forum',
    name: 'forum threads',
    one: 'forum thread',
    color: '--series-orange',
    what: 'questions with answers of every quality',
  },
  {
    kind: 'skills',
    name: 'skills',
    one: 'skill',
    color: '--series-purple',
    what: 'sums, dialect, sorting, copying',
  },
] as const satisfies readonly { kind: DocumentKind; [text: string]: string }[];

export default function Base() {
  const store = useLab();
  const done = () => {
    const loss = store.state.experiment?.report?.base?.val_loss;
    const figure = loss === undefined ? '' : `, validation loss ${formatNumber(loss)} nats a token`;
    return `The base model is trained${figure}.`;
  };
  return (
    <Room
      title="Base"
      state={stageLine(store, 'base', done())}
      action={
        <>
          <ImportBase />
          <StageAction stage="base" second={bundleFits(store)} />
          <TakeBundled />
        </>
      }
      explain={<ExplainBase />}
    >
      <Columns
        work={
          <>
            <Corpus />
            <StageSettings stage="base" sections={['base', 'model']} />
          </>
        }
        evidence={
          <>
            <Section title="Learning">
              <ChartTools training="base" />
              <CurveChart
                title="Loss"
                training="base"
                curves={[
                  { name: 'loss', color: '--series-blue', smooth: true },
                  { name: 'val_loss', color: '--series-vermillion', dash: [6, 4] },
                ]}
              />
            </Section>
            {/* A model that was not trained here has left none. */}
            <Show when={store.status('base') !== 'done' || store.curves.samples('base').length > 0}>
              <Section title="What it writes meanwhile">
                <SamplesOverTime
                  sets={store.curves.samples('base')}
                  empty="Samples appear here as it learns: noise first, then words, then sentences."
                />
              </Section>
            </Show>
            <Section title="Try a prompt">
              <TryPrompt
                models={store.writers().includes('base') ? ['base'] : []}
                start={'Q: What colour is the owl?\nA:'}
              />
            </Section>
          </>
        }
      />
    </Room>
  );
}

const PAGE = 4;

function Corpus() {
  const store = useLab();
  const [from, setFrom] = createSignal(0);
  const [page, setPage] = createSignal<CorpusPage>();
  createEffect(
    on([() => store.state.experiment?.id, from], ([id, start]) => {
      if (!id) return setPage(undefined);
      void store.notices.attempt(async () => {
        const next = await store.api.corpus(start, PAGE);
        if (start === from()) setPage(next);
      });
    }),
  );
  return (
    <Section
      title="The corpus"
      aside={
        <Show when={page()}>
          {(shown) => (
            <Pager
              from={from()}
              count={PAGE}
              total={shown().total}
              what="documents"
              onMove={setFrom}
            />
          )}
        </Show>
      }
    >
      <Shares of={page()?.shares} />
      <Show
        when={store.state.experiment}
        fallback={
          <Empty>
            A harbour town with its own facts will be written here from a seed: stories, fact pages,
            forum threads and exercises.
          </Empty>
        }
      >
        <ul class={styles['documents']}>
          <For each={page()?.documents}>
            {(document) => (
              <li class={styles['document']}>
                <p class={styles['kind']}>
                  {KINDS.find(({ kind }) => kind === document.kind)?.one}
                </p>
                <p class={styles['text']}>{document.text}</p>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Section>
  );
}

function Shares(props: { of: CorpusPage['shares'] | undefined }) {
  const share = (kind: DocumentKind) => props.of?.[kind] ?? 1 / KINDS.length;
  return (
    <div class={styles['shares']}>
      <div class={styles['bar']} aria-hidden="true">
        <For each={KINDS}>
          {(entry) => (
            <span style={{ 'flex-grow': share(entry.kind), background: `var(${entry.color})` }} />
          )}
        </For>
      </div>
      <ul class={styles['kinds']}>
        <For each={KINDS}>
          {(entry) => (
            <li>
              <span class={styles['dot']} style={{ background: `var(${entry.color})` }} />
              <Show when={props.of}>
                {(of) => <strong>{formatPercent(of()[entry.kind])}</strong>}
              </Show>{' '}
              {entry.name}
              <span class="muted">: {entry.what}</span>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}
