/** Settings and results of several experiments side by side, as rows of text. Plain functions. */
import { defaultSettings } from '../../config/experiment';
import { FIELD_KEYS, FIELDS, type Field, type FieldKey, type Preset } from '../../config/fields';
import type { EvaluatedModel, ExperimentAccount, Report } from '../../lab/api';
import { formatDuration, formatFixed, formatNumber, formatPercent } from '../format';
import { SECTION_TITLES } from '../parts/sections';

/** Six significant digits and no exponent where none is needed; on or off. */
export function settingText(value: number | boolean | string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e9)) return String(value).replaceAll('-', '−');
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 }).replaceAll('-', '−');
}

/** What a setting is called, with its section; a key that this version has not is shown as it is. */
export function settingName(key: string): string {
  if (key === 'preset') return 'Size';
  if (key === 'seed') return 'Seed';
  const field: Field | undefined = FIELDS[key as FieldKey];
  const section = key.split('.')[0] as keyof typeof SECTION_TITLES;
  return field ? `${SECTION_TITLES[section]}: ${field.label}` : key;
}

export interface SettingRow {
  readonly key: FieldKey | 'preset' | 'seed';
  readonly name: string;
  readonly values: readonly string[];
  /** Whether the experiments differ in it. */
  readonly differs: boolean;
  /** The default of the experiments' preset, of each where they are several. */
  readonly preset: string;
  readonly paper: string;
}

const presetText = (key: FieldKey, presets: readonly Preset[]): string => {
  const defaults = presets.map((preset) => settingText(defaultSettings(preset)[key]));
  if (new Set(defaults).size === 1) return defaults[0]!;
  return presets.map((preset, at) => `${preset} ${defaults[at]}`).join(', ');
};

/** Every setting, those that differ first. */
export function settingRows(accounts: readonly ExperimentAccount[]): SettingRow[] {
  const configs = accounts.map(({ config }) => config);
  const presets = [...new Set(configs.map(({ preset }) => preset))];
  const row = (
    key: SettingRow['key'],
    raw: readonly (number | boolean | string)[],
    preset: string,
    paper: string,
  ): SettingRow => ({
    key,
    name: settingName(key),
    // A seed is a name, not a quantity.
    values: raw.map((value) => (key === 'seed' ? `${value}` : settingText(value))),
    differs: new Set(raw).size > 1,
    preset,
    paper,
  });
  const rows = [
    row(
      'preset',
      configs.map(({ preset }) => preset),
      '–',
      '–',
    ),
    row(
      'seed',
      configs.map(({ seed }) => seed),
      '–',
      '–',
    ),
    ...FIELD_KEYS.map((key) =>
      row(
        key,
        configs.map(({ settings }) => settings[key]),
        presetText(key, presets),
        (FIELDS[key] as Field).paper ?? '–',
      ),
    ),
  ];
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}

export interface ResultRow {
  readonly name: string;
  /** '' for a share or a bare number. */
  readonly unit: string;
  readonly values: readonly string[];
}

const meanSkill = (report: Report, model: EvaluatedModel): number | undefined => {
  const skills = Object.values(report.evaluate?.skills[model] ?? {});
  return skills.length > 0
    ? skills.reduce((sum, value) => sum + value, 0) / skills.length
    : undefined;
};

type Read = (report: Report) => number | undefined;
const nats = 'nats a token';

/** Figures of the reports in the pipeline's order; '–' where a stage has not run. */
export function resultRows(accounts: readonly ExperimentAccount[]): ResultRow[] {
  const reports = accounts.map(({ report }) => report);
  const row = (name: string, unit: string, read: Read, format: (value: number) => string) => ({
    name,
    unit,
    values: reports.map((report) => {
      const value = read(report);
      return value === undefined || !Number.isFinite(value) ? '–' : format(value);
    }),
  });
  const two = (value: number) => formatFixed(value, 2);
  const share = (value: number) => formatPercent(value, 1);
  const wins = reports.map((report) => {
    const win = report.evaluate?.win_rate_vs_sft;
    if (!win) return '–';
    const [low, high] = win.ci95;
    return `${share(win.mean)} (${share(low)} to ${share(high)})`;
  });
  return [
    row('Base, validation loss', nats, (r) => r.base?.val_loss, formatNumber),
    row('SFT, validation loss', nats, (r) => r.sft?.val_loss, formatNumber),
    row('Reward model, training pairs', 'right', (r) => r.reward?.train_accuracy, share),
    row('Reward model, held-out pairs', 'right', (r) => r.reward?.val_accuracy, share),
    row(
      'Reward model, held-out labelers',
      'right',
      (r) => r.reward?.heldout_labeler_accuracy,
      share,
    ),
    row('Labelers’ agreement', 'of pairs', (r) => r.reward?.label_agreement, share),
    row('Reward (learned), first iteration', '', (r) => r.ppo?.reward_before, two),
    row('Reward (learned), last iteration', '', (r) => r.ppo?.reward_after, two),
    row('True reward, first iteration', '0 to 1', (r) => r.ppo?.true_reward_before, two),
    row('True reward, last iteration', '0 to 1', (r) => r.ppo?.true_reward_after, two),
    row('KL from the reference', 'nats a response', (r) => r.ppo?.kl, two),
    { name: 'Policy’s wins against SFT for RL', unit: '95 % interval', values: wins },
    row('True reward of SFT for RL', '0 to 1', (r) => r.evaluate?.true_reward.sft_for_rl, two),
    row('True reward of the policy', '0 to 1', (r) => r.evaluate?.true_reward.policy, two),
    row('Policy, helpful', '0 to 1', (r) => r.evaluate?.helpful.policy, two),
    row('Policy, honest', '0 to 1', (r) => r.evaluate?.honest.policy, two),
    row('Policy, harmless', '0 to 1', (r) => r.evaluate?.harmless.policy, two),
    row('Skills of the base model', 'right', (r) => meanSkill(r, 'base'), share),
    row('Skills of the policy', 'right', (r) => meanSkill(r, 'policy'), share),
    row(
      'Corpus loss of the policy',
      nats,
      (r) => r.evaluate?.pretrain_val_loss.policy,
      formatNumber,
    ),
    row('Time of all stages', '', (r) => r.seconds.total, formatDuration),
  ];
}
