/**
 * Model size (the paper's figure 1): the models of this experiment and of another one in its town,
 * all held against SFT of the larger one, and the small policy against the large base model.
 */
import { createSignal, For, Show } from 'solid-js';
import { usualModelSizes } from '../../config/studies';
import type { Compared, ModelSizes as Found, ModelSizesRequest, Whose } from '../../lab/api';
import { formatCount, formatPercent, plural } from '../format';
import { Empty, Section } from '../parts/Room';
import { StudyAction } from '../parts/StudyAction';
import { WRITER_NAMES } from '../parts/writers';
import { useLab } from '../state/lab';
import styles from './Study.module.css';

const WHOSE: readonly Whose[] = ['this', 'other'];
const WRITERS: readonly Compared[] = ['base', 'sft', 'policy'];

export function ModelSizes() {
  const store = useLab();
  const [chosen, setChosen] = createSignal('');
  const [anew, setAnew] = createSignal(false);
  const found = () => store.state.experiment?.studies.modelSizes ?? null;
  /** Experiments that may live in this one's town and have what is compared with. */
  const others = () => {
    const { experiment, experiments } = store.state;
    const here = experiment?.config;
    return experiments.filter(
      ({ id, preset, stages }) =>
        id !== experiment?.id && preset === here?.preset && stages.sft === 'done',
    );
  };
  const other = () => others().find(({ id }) => id === chosen()) ?? others()[0];
  const request = (): ModelSizesRequest =>
    (!anew() && found()?.request) ||
    usualModelSizes(store.state.experiment?.config.settings, other()?.id ?? '');
  const missing = () =>
    store.status('sft') === 'done' ? undefined : 'It needs SFT of this experiment first.';
  return (
    <Section title="Model size">
      <div class={styles['study']}>
        <Show
          when={found() !== null || others().length > 0}
          fallback={
            <Empty>
              Here the small policy meets the large base model: make a copy of this experiment with
              more layers or a larger width, train it up to SFT, and compare the two.
            </Empty>
          }
        >
          <StudyAction
            request={request()}
            verb="Compare the sizes"
            begun={found() !== null && !anew()}
            whole={found()?.whole === true}
            missing={missing()}
            onAnew={() => setAnew(true)}
            onStart={() => setAnew(false)}
          >
            <label>
              With{' '}
              <select onChange={(event) => setChosen(event.target.value)}>
                <For each={others()}>
                  {({ id, name }) => (
                    <option value={id} selected={id === other()?.id}>
                      {name}
                    </option>
                  )}
                </For>
              </select>
            </label>
          </StudyAction>
          <Show when={found()?.whole ? found() : null}>{(sizes) => <Wins of={sizes()} />}</Show>
        </Show>
        <p class="small muted">
          In the paper, answers of InstructGPT with 1.3 billion parameters are preferred to those of
          GPT-3 with 175 billion.
        </p>
      </div>
    </Section>
  );
}

function Wins(props: { of: Found }) {
  const size = (whose: Whose) => formatCount(props.of.parameters[whose]);
  const smaller = () => (props.of.reference === 'this' ? 'other' : 'this');
  const winOf = (whose: Whose, writer: Compared) =>
    props.of.wins.find((one) => one.whose === whose && one.writer === writer)?.win;
  const range = ([low, high]: readonly [number, number]) =>
    `${formatPercent(low)} to ${formatPercent(high)}`;
  return (
    <>
      <Show when={props.of.headline}>
        {(win) => (
          <p>
            The policy of <strong>{size(smaller())}</strong> parameters wins{' '}
            <strong>{formatPercent(win().mean, 1)}</strong> ({range(win().ci95)}) against the base
            model of <strong>{size(props.of.reference)}</strong>.
          </p>
        )}
      </Show>
      <table>
        <caption class={styles['caption']}>
          Wins against SFT of {size(props.of.reference)} parameters, judged by held-out labelers
          over {plural(props.of.wins[0]?.win.n ?? 0, 'test prompt')}; in brackets the 95 % interval
        </caption>
        <thead>
          <tr>
            <td />
            <For each={WHOSE}>
              {(whose) => (
                <th scope="col" data-number>
                  {whose === 'this' ? 'This' : `“${props.of.name}”`}, {size(whose)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={WRITERS}>
            {(writer) => (
              <tr>
                <th scope="row">{WRITER_NAMES[writer]}</th>
                <For each={WHOSE}>
                  {(whose) => (
                    <td data-number>
                      <Show when={winOf(whose, writer)} fallback="not trained">
                        {(win) => (
                          <>
                            {formatPercent(win().mean, 1)}{' '}
                            <span class="muted">({range(win().ci95)})</span>
                          </>
                        )}
                      </Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </>
  );
}
