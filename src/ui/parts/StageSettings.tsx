/** The settings of a room's stage, open to change as long as they have not been used. */
import { Show } from 'solid-js';
import type { Section } from '../../config/fields';
import type { Stage } from '../../config/stages';
import { useLab } from '../state/lab';
import { Later } from './Later';
import { SettingsForm } from './SettingsForm';

export function StageSettings(props: { stage: Stage; sections: readonly Section[] }) {
  const store = useLab();
  const locked = () => {
    const status = store.status(props.stage);
    // PPO takes its settings up from one iteration to the next.
    if (props.stage === 'ppo') return status === 'done';
    return status === 'done' || status === 'running' || status === 'paused';
  };
  return (
    <Show when={store.state.experiment}>
      {(experiment) => (
        <details>
          <summary>
            Settings{' '}
            <span class="muted">{locked() ? '(as they ran; start over to change them)' : ''}</span>
          </summary>
          <Later>
            <SettingsForm
              sections={props.sections}
              preset={experiment().config.preset}
              values={experiment().config.settings}
              disabled={locked()}
              onChange={(key, value) => void store.set(key, value)}
            />
          </Later>
        </details>
      )}
    </Show>
  );
}
