/** Copies in the fake lab: one with another β, one of that, and one deleted, each with what it shares. */
import type { FieldKey } from '../../src/config/fields';
import type { FakeLab } from './fakeLab';

/** Copies an experiment with one setting changed, and finishes what was to be made again. */
export async function copyWith(
  lab: FakeLab,
  id: string,
  key: FieldKey,
  value: number,
  name: string,
): Promise<string> {
  const { config } = await lab.account(id);
  const settings = { ...config.settings, [key]: value };
  const keep = { outputs: true, demonstrations: true, rankings: true };
  const copy = await lab.duplicate({ id, config: { ...config, settings }, name, keep });
  lab.finishAll();
  return copy.id;
}

/** The experiment that is open from the start keeps being open. */
export async function makeCopies(lab: FakeLab): Promise<void> {
  await copyWith(lab, 'id-1', 'ppo.kl_coef', 0.02, 'nano 7, kl_coef 0.02');
  await copyWith(lab, 'id-2', 'reward.lr', 0.0005, 'nano 7, slower reward model');
  await lab.setNotes('id-2', 'Ran away after iteration 40: KL 12 nats.\nTry γ 0 next.');
  const gone = await copyWith(lab, 'id-1', 'ppo.ptx_coef', 0, 'nano 7, ptx_coef 0');
  await lab.remove(gone);
  await lab.select('id-1');
}
