/** The lineage of all models: which came of which, over the experiment and its copies. */
import { createMemo, createSignal, Show } from 'solid-js';
import { Choices } from '../parts/Choices';
import { Empty, Section } from '../parts/Room';
import { createAccounts } from '../state/experiments';
import { useLab } from '../state/lab';
import styles from './Lineage.module.css';
import { LineageList } from './LineageList';
import { LineagePicture } from './LineagePicture';
import { familyOf, lineageOf, placed } from './lineage';
import { NodeDetails } from './NodeDetails';

const VIEWS = [
  { value: 'picture', label: 'Picture' },
  { value: 'list', label: 'List' },
] as const;

export function Lineage() {
  const store = useLab();
  const family = createMemo(() =>
    familyOf(store.state.experiment?.id ?? '', store.state.experiments),
  );
  const accounts = createAccounts(store, () => family().map(({ id }) => id));
  const roots = createMemo(() => lineageOf(accounts()));
  const nodes = createMemo(() => placed(roots()));
  const [view, setView] = createSignal<'picture' | 'list'>(
    matchMedia('(max-width: 48rem)').matches ? 'list' : 'picture',
  );
  const [chosen, setChosen] = createSignal<string | null>(null);
  const shown = () => nodes().find(({ node }) => node.key === chosen()) ?? null;
  const account = () => {
    const id = shown()?.node.experiment.id;
    return accounts().find(({ summary }) => summary.id === id) ?? null;
  };
  const details = () => (
    <Show when={account()}>
      {(known) => <Show when={shown()}>{(at) => <NodeDetails at={at()} account={known()} />}</Show>}
    </Show>
  );
  const choose = (key: string) => setChosen(chosen() === key ? null : key);
  return (
    <Section
      title="Lineage"
      aside={
        <Show when={nodes().length > 0}>
          <Choices label="Shown as" options={VIEWS} value={view()} onChange={setView} />
        </Show>
      }
    >
      <Show
        when={nodes().length > 0}
        fallback={
          <Empty>
            Every model of this experiment and of its copies, and what it came of, will be here.
          </Empty>
        }
      >
        <p class={styles['what']}>
          A line leads from the weights that a training began with to those that it left.
          {family().length > 1 ? ' Copies share the models that they took along.' : ''}
        </p>
        <Show
          when={view() === 'picture'}
          fallback={
            <LineageList roots={roots()} chosen={chosen()} onChoose={choose} details={details} />
          }
        >
          <LineagePicture nodes={nodes()} chosen={chosen()} onChoose={choose} />
          {details()}
        </Show>
      </Show>
    </Section>
  );
}
