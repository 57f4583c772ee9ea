/**
 * The Kernels lens: every dispatch of a training step, in order, with its time, its rate, its bytes
 * and its source. It opens over any room and measures the open experiment's own model.
 */
import { createSignal, For, Match, onMount, Show, Switch } from 'solid-js';
import { PROFILED_STEPS, type ProfiledStep, type StepProfile } from '../../lab/profile_api';
import { plural } from '../format';
import dialogStyles from '../shell/dialog.module.css';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import { DispatchTable } from './DispatchTable';
import { totalOf } from './flame';
import styles from './KernelsLens.module.css';
import { formatMicroseconds, formatRate } from './numbers';
import { Strip } from './Strip';
import { Variants } from './Variants';

const STEP_NAMES: Readonly<Record<ProfiledStep, string>> = {
  train: 'a training step (base and SFT)',
  reward: 'an update of the reward model',
  ppo: 'an update of PPO',
  sample: 'one sampled token',
};

const POLL_MS = 200;

const METHODS: Readonly<Record<StepProfile['method'], string>> = {
  timestamps: 'Timed by GPU timestamps, each dispatch in a pass of its own.',
  clock:
    'This browser gives no GPU timestamps on this adapter (timestamp-query), so each dispatch was replayed alone and timed by the clock.',
};

export default function KernelsLens(props: { onClose: () => void }) {
  const store = useLab();
  let dialog!: HTMLDialogElement;
  const [step, setStep] = createSignal<ProfiledStep>('train');
  const [profile, setProfile] = createSignal<StepProfile | null>(null);
  const [problem, setProblem] = createSignal('');
  const [measuring, setMeasuring] = createSignal(false);
  const [share, setShare] = createSignal(0);
  const [open, setOpen] = createSignal<number | null>(null);

  const measure = async () => {
    if (measuring()) return;
    setMeasuring(true);
    setProblem('');
    setShare(0);
    const timer = setInterval(() => void store.api.profileProgress().then(setShare), POLL_MS);
    try {
      const found = await store.api.profile(step());
      setOpen(null);
      setProfile(found);
    } catch (error) {
      setProfile(null);
      setProblem(messageOf(error));
    }
    clearInterval(timer);
    setMeasuring(false);
  };
  const choose = (value: ProfiledStep) => {
    setStep(value);
    void measure();
  };
  const show = (index: number) => {
    setOpen(index);
    document.getElementById(`dispatch-${index}`)?.scrollIntoView({ block: 'center' });
  };
  onMount(() => {
    dialog.showModal();
    void measure();
  });
  return (
    <dialog
      ref={dialog}
      class={`${dialogStyles['dialog']} ${styles['lens']}`}
      aria-labelledby="kernels-title"
      onClose={() => props.onClose()}
    >
      <div class={styles['head']}>
        <h2 id="kernels-title">Kernels</h2>
        <button type="button" onClick={() => dialog.close()}>
          Close
        </button>
      </div>
      <div class={styles['choice']}>
        <label>
          Every dispatch of{' '}
          <select
            disabled={measuring()}
            onChange={(event) => choose(event.target.value as ProfiledStep)}
          >
            <For each={PROFILED_STEPS}>
              {(name) => (
                <option value={name} selected={name === step()}>
                  {STEP_NAMES[name]}
                </option>
              )}
            </For>
          </select>
        </label>
        <button type="button" disabled={measuring()} onClick={() => void measure()}>
          Measure again
        </button>
        <span role="status" class="muted">
          {measuring() ? 'Measuring …' : ''}
        </span>
        <Show when={measuring()}>
          <progress value={share()} max="1" aria-label="Dispatches measured" />
        </Show>
      </div>
      <Switch>
        <Match when={problem()}>
          <p role="alert">{problem()}</p>
        </Match>
        <Match when={profile()}>
          {(found) => (
            <>
              <Summary profile={found()} />
              <Strip dispatches={found().dispatches} onChoose={show} />
              <DispatchTable
                dispatches={found().dispatches}
                open={open()}
                onOpen={setOpen}
                caption={`Dispatches of ${STEP_NAMES[found().step]}`}
              />
            </>
          )}
        </Match>
      </Switch>
      <Variants />
    </dialog>
  );
}

function Summary(props: { profile: StepProfile }) {
  const total = () => totalOf(props.profile.dispatches);
  const flops = () => props.profile.dispatches.reduce((sum, { flops }) => sum + flops, 0);
  return (
    <div class={styles['summary']}>
      <p>
        <strong>{formatMicroseconds(total())}</strong> in{' '}
        {plural(props.profile.dispatches.length, 'dispatch', 'dispatches')} for{' '}
        {props.profile.shape}, on {props.profile.adapter}
        <Show when={flops() > 0 && total() > 0}>
          {': '}
          {formatRate(flops() / total() / 1e3)} GFLOP/s over the whole step
        </Show>
        .
      </p>
      <p class="muted small">
        {METHODS[props.profile.method]} Peaks measured here: {formatRate(props.profile.peak.gflops)}{' '}
        GFLOP/s, {formatRate(props.profile.peak.gbps)} GB/s; “of peak” is of the one that binds.
      </p>
    </div>
  );
}
