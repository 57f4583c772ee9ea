/** Stage 1: demonstrations, SFT on them, and base and SFT side by side. */
import { createSignal, Show } from 'solid-js';
import { ExplainDemonstrate } from '../explain/Demonstrate';
import { formatNumber } from '../format';
import { ChartTools } from '../parts/ChartTools';
import { Choices } from '../parts/Choices';
import { CurveChart } from '../parts/CurveChart';
import { Columns, Room, Section } from '../parts/Room';
import { SamplesOverTime } from '../parts/Samples';
import { StageAction } from '../parts/StageAction';
import { StageSettings } from '../parts/StageSettings';
import { stageLine } from '../parts/stageLine';
import { TryPrompt } from '../parts/TryPrompt';
import { useLab } from '../state/lab';
import { Demonstrations } from './Demonstrations';

const RECIPES = [
  { value: 'sft', label: 'SFT' },
  { value: 'sft_for_rl', label: 'SFT for RL' },
] as const;

export default function Demonstrate() {
  const store = useLab();
  const [recipe, setRecipe] = createSignal<'sft' | 'sft_for_rl'>('sft');
  const done = () => {
    const loss = store.state.experiment?.report?.sft?.val_loss;
    const figure = loss === undefined ? '' : `, validation loss ${formatNumber(loss)} nats a token`;
    return `SFT is trained${figure}.`;
  };
  const answering = () =>
    store
      .writers()
      .filter((model) => model === 'base' || model === 'sft' || model === 'sft_for_rl');
  return (
    <Room
      title="Demonstrate"
      state={stageLine(store, 'sft', done())}
      action={<StageAction stage="sft" />}
      explain={<ExplainDemonstrate />}
    >
      <Columns
        work={
          <>
            <Demonstrations />
            <StageSettings stage="sft" sections={['sft', 'sft_for_rl', 'data']} />
          </>
        }
        evidence={
          <>
            <Section
              title="Learning"
              aside={
                <Choices label="Recipe" options={RECIPES} value={recipe()} onChange={setRecipe} />
              }
            >
              <ChartTools training={recipe()} />
              <CurveChart
                title="Loss on answers"
                training={recipe()}
                curves={[
                  { name: 'loss', color: '--series-blue', smooth: true },
                  { name: 'val_loss', color: '--series-vermillion', dash: [6, 4] },
                ]}
              />
            </Section>
            <Section title="What it answers meanwhile">
              <SamplesOverTime
                sets={store.curves.samples(recipe())}
                empty="Answers to validation prompts appear here while it learns."
              />
            </Section>
            <Section title="Before and after">
              <TryPrompt models={answering()} start={'Q: What colour is the owl?\nA:'} />
              <Show when={answering().length === 1}>
                <p class="small muted">SFT’s answer stands beside it once SFT is trained.</p>
              </Show>
            </Section>
          </>
        }
      />
    </Room>
  );
}
