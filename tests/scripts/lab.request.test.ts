/** What the headless lab takes, and the one sentence it says to anything else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../scripts/command.mjs';
import { RunFolder } from '../../scripts/lab/folder.mjs';
import { readRequest } from '../../scripts/lab/options.mjs';

const top = mkdtempSync(join(tmpdir(), 'lab-request-'));
const full = join(top, 'full');
mkdirSync(full);
writeFileSync(join(full, 'notes.txt'), 'mine');
afterAll(() => rmSync(top, { recursive: true }));

const request = (line: string) => readRequest(line.split(' '));

describe('a request', () => {
  test('needs a preset and a folder only', async () => {
    const { config, ...rest } = await request('--preset nano --out a');
    expect(config?.seed).toBe(0);
    expect(config?.settings['model.n_layer']).toBe(2);
    expect(rest).toEqual({
      out: 'a',
      browser: undefined,
      stages: undefined,
      resume: false,
      trace: undefined,
      base: undefined,
      half: false,
      json: false,
    });
  });

  test('takes any key of the experiment, and stages in any order', async () => {
    const { config, stages, trace } = await request(
      '--preset micro --seed 7 --out a --trace 2 --stages ppo,base --set ppo.kl_coef=0.1 --set ppo.missing_eos_penalty=-2',
    );
    expect(config?.seed).toBe(7);
    expect(config?.settings['ppo.kl_coef']).toBe(0.1);
    expect(config?.settings['ppo.missing_eos_penalty']).toBe(-2);
    expect(stages).toEqual(['base', 'ppo']);
    expect(trace).toBe(2);
  });

  test('for the bundled base model takes its town, whatever the seed', async () => {
    const same = await request('--preset nano --out a --base bundled');
    expect(same.base).toMatch(/public\/models\/nano\/$/);
    expect(same.config?.settings['data.world_seed']).toBe(-1);
    const other = await request('--preset nano --seed 7 --out a --base bundled');
    expect(other.config?.seed).toBe(7);
    expect(other.config?.settings['data.world_seed']).toBe(0);
    await expect(request('--preset mini --out a --base bundled')).rejects.toThrow(
      'No base model of mini is bundled; make one with npm run bundle -- --preset mini.',
    );
  });

  test('to resume needs the folder only', async () => {
    expect((await request('--resume --out a')).config).toBeUndefined();
  });

  test.each([
    ['--preset nano', '--out is missing; name the folder for the files of the run.'],
    ['--out a', '--preset is missing; the presets are nano, micro, mini.'],
    ['--preset huge --out a', "--preset must be one of nano, micro, mini, not 'huge'."],
    ['--preset nano --out a --seeds 1', /^Unknown option '--seeds'; the options are --preset, /],
    ['--preset nano --out a --seed x', '--seed must be a whole number from 0 to 4294967295, not'],
    ['--preset nano --out a --seed -1', '--seed must be a whole number from 0 to 4294967295, not'],
    ['--preset nano --out a --set ppo.kl=1', /^Unknown setting 'ppo.kl'; .*ppo\.kl_coef/],
    [
      '--preset nano --out a --set ppo.kl_coef=x',
      "ppo.kl_coef must be a number from 0 to 100, not 'x'.",
    ],
    [
      '--preset nano --out a --set ppo.kl_coef',
      "ppo.kl_coef must be a number from 0 to 100, not ''.",
    ],
    [
      '--preset nano --out a --set model.n_embd=66',
      'model.n_embd / model.n_head must be a multiple of 4',
    ],
    [
      '--preset nano --out a --stages sft,rl',
      "--stages takes any of base, sft, reward, ppo, evaluate, not 'rl'.",
    ],
    [
      '--preset nano --out a --browser lynx',
      "--browser must be one of chromium, firefox, not 'lynx'.",
    ],
    [
      '--preset nano --out a --trace 0',
      "--trace must be a whole number from 1 to 1000000, not '0'.",
    ],
    ['--preset nano --out a --base nowhere', 'nowhere lacks config.json.'],
  ])('%s is refused', async (line, message) => {
    const refusal = await request(line).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as Error).message).toMatch(message);
    expect((refusal as Error).message).not.toContain('\n');
  });
});

describe("the run's folder", () => {
  test('is made, with those above it', () => {
    const folder = RunFolder.open(join(top, 'a', 'b'), false);
    folder.write('data/x.txt', 'x');
    expect(folder.has('data/x.txt')).toBe(true);
  });

  test.each([
    [full, false, /is not empty; name another folder, or add --resume/],
    [full, true, /holds no run to resume; leave --resume out to begin one\.$/],
    [join(full, 'notes.txt'), false, /cannot be written to \(EEXIST\); name another folder\.$/],
    [join(full, 'notes.txt', 'a'), false, /cannot be written to \(ENOTDIR\)/],
    ['/proc/nobody/can', false, /cannot be written to \(ENOENT\)/],
  ])('%s (resume: %s) is refused', (path, resume, message) => {
    expect(() => RunFolder.open(path, resume)).toThrow(UsageError);
    expect(() => RunFolder.open(path, resume)).toThrow(message);
  });

  test('shows a file only when it is whole', () => {
    const folder = RunFolder.open(join(top, 'c'), false);
    writeFileSync(folder.partial('models/a.bin'), 'half');
    expect(folder.has('models/a.bin')).toBe(false);
    folder.finish('models/a.bin');
    expect(folder.has('models/a.bin')).toBe(true);
  });
});
