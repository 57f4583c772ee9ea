/** A run that meets a value that is not finite: it says where, keeps its last good state, goes on. */
import { describe, expect, it } from 'vitest';
import type { FieldKey } from '../../src/config/fields';
import type { Stage } from '../../src/config/stages';
import type { Lab } from '../../src/lab/lab';
import { smallConfig, testLab } from '../support/lab';

const config = () =>
  smallConfig(7, { 'sft.epochs': 1, 'sft_for_rl.epochs': 1, 'ppo.episodes': 32 });

/** A rate far beyond what can be asked for: one update with it makes weights that overflow. */
function ruin(lab: Lab, ...keys: FieldKey[]): void {
  const { settings } = lab['selected'].experiment.record.config;
  for (const key of keys) (settings as Record<string, unknown>)[key] = 1e30;
}

/** Lets a stage fail; its message. */
async function failure(running: Promise<void>): Promise<string> {
  return running.then(
    () => 'nothing failed',
    (cause: Error) => cause.message,
  );
}

const weightsOf = (lab: Lab, stage: Stage) =>
  Array.from(new Uint32Array(lab['selected'].experiment.models.get(stage as 'base')!.buffer));

/** What the sentence says of the place: a tensor of a layer, a kernel, an element. */
const PLACE = /not finite, first in (∂ )?(policy |value )?[\w. ]+ \([\w]+, element \d+\)\. /;

describe('base', () => {
  it('names the tensor, goes back to its checkpoint, and ends as if nothing had been', async () => {
    const { lab } = testLab();
    await lab.create(config());
    await lab.run(['base']);
    const undisturbed = weightsOf(lab, 'base');

    const other = testLab().lab;
    await other.create(config());
    for (let step = 1; step <= 3; step++) await other.step();
    ruin(other, 'base.lr');
    const message = await failure(other.resume());
    expect(message).toMatch(PLACE);
    expect(message).toMatch(/^training the base model stopped: update 5 met a value/);
    expect(message).toContain(
      'Nothing of it is kept: the run is back at its checkpoint of step 3.',
    );
    expect(message).toContain('Lower base.lr and resume.');
    const failed = (await other.snapshot())!;
    expect(failed.stages.base).toBe('failed');
    expect(failed.log.at(-1)).toMatchObject({ level: 'error', message });
    // Update 4 was made with the ruinous rate: it is made again.
    await other.set('base.lr', config().settings['base.lr']);
    await other.resume();
    expect((await other.snapshot())!.stages.base).toBe('done');
    expect(weightsOf(other, 'base')).toEqual(undisturbed);
  }, 400_000);

  it('keeps no checkpoint of weights that lead nowhere', async () => {
    const { lab } = testLab();
    await lab.create(config());
    await lab.step();
    ruin(lab, 'base.lr');
    const message = await failure(lab.step());
    expect(message).toMatch(/stopped: the weights after update 2 met a value/);
    expect(lab['selected'].experiment.checkpoint).toMatchObject({ training: 'base', step: 1 });
    await lab.set('base.lr', 1e-3);
    await lab.step();
    expect((await lab.snapshot())!.stages.base).toBe('paused');
  }, 240_000);
});

it('every training after it stops with its rate ruined, and is done with the one it had', async () => {
  const { lab } = testLab();
  await lab.create({ ...config(), settings: { ...config().settings, 'base.tokens': 512 } });
  await lab.run(['base']);
  const trainings: [Stage, FieldKey, string][] = [
    ['sft', 'sft.lr', 'training SFT stopped'],
    ['sft', 'sft_for_rl.lr', 'training SFT for RL stopped'],
    ['reward', 'reward.lr', 'training the reward model stopped'],
    ['ppo', 'ppo.policy_lr', 'PPO stopped at iteration'],
    ['ppo', 'ppo.value_lr', 'PPO stopped at iteration'],
  ];
  for (const [at, [stage, rate, said]] of trainings.entries()) {
    ruin(lab, rate);
    const message = await failure(lab.run([stage]));
    expect(message).toMatch(PLACE);
    expect(message.slice(0, said.length)).toBe(said);
    expect(message).toContain(rate);
    expect((await lab.snapshot())!.stages[stage]).toBe('failed');
    await lab.set(rate, config().settings[rate] as number);
    // The other training of the same stage is ruined next.
    if (trainings[at + 1]?.[0] !== stage) await lab.run([stage]);
  }
  const { stages, metrics } = (await lab.snapshot())!;
  expect(stages).toMatchObject({ sft: 'done', reward: 'done', ppo: 'done' });
  for (const rows of [metrics.sft!, metrics.sft_for_rl!, metrics.reward!, metrics.ppo!]) {
    expect(rows.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true);
  }
}, 600_000);
