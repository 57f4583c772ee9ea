/**
 * The headless lab from the command line: every file of the contract, and an interrupted run that
 * ends with the very weights of one that was never stopped.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.mjs';
import { contractFiles } from '../../scripts/lab/contract.mjs';
import { STAGES } from '../../src/config/stages';
import type { LabEvent } from '../../src/lab/api';

/** Small enough that all five stages take seconds on a software adapter. */
const TINY = [
  'model.n_layer=1',
  'model.n_embd=16',
  'model.n_head=2',
  'base.tokens=10240',
  'data.prompts=16',
  'data.demonstrations=16',
  'sft.epochs=1',
  'sft_for_rl.epochs=1',
  'data.ranked_prompts=8',
  'reward.epochs=1',
  'ppo.episodes=32',
  'ppo.batch=16',
  'ppo.minibatch=16',
  'ppo.response_length=8',
  'evaluate.prompts=8',
  'evaluate.skills=8',
].flatMap((setting) => ['--set', setting]);

type Line = LabEvent | { type: 'file'; name: string } | { type: 'done'; ok: boolean };

const top = mkdtempSync(join(tmpdir(), 'lab-'));
beforeAll(() => ensureBuilt());
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Runs the command. `onLine` may stop it by a signal. */
function lab(args: string[], onLine: (line: Line, stop: () => void) => void = () => {}) {
  return new Promise<{ code: number | null; lines: Line[]; errors: string }>((done) => {
    const child = spawn(process.execPath, ['scripts/lab.mjs', 'run', '--json', ...args]);
    const lines: Line[] = [];
    let rest = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const line = JSON.parse(part) as Line;
        lines.push(line);
        onLine(line, () => child.kill('SIGINT'));
      }
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) => done({ code, lines, errors }));
  });
}

const fresh = (name: string) => ['--preset', 'nano', '--seed', '7', '--out', join(top, name)];
const text = (name: string) => readFileSync(join(top, name), 'utf8');

test('a tiny run leaves every file of the contract', async () => {
  const { code, lines, errors } = await lab([...fresh('whole'), '--trace', '1', ...TINY]);
  expect(errors.split('\n').filter((line) => /error/i.test(line))).toEqual([]);
  expect(code).toBe(0);
  expect(lines.at(-1)).toMatchObject({ type: 'done', ok: true });

  const wanted = contractFiles(STAGES, { traced: true, imported: false });
  for (const name of wanted) expect(text(`whole/${name}`).length, name).toBeGreaterThan(0);

  const report = JSON.parse(text('whole/report.json'));
  expect(report).toMatchObject({ ok: true, preset: 'nano', seed: 7 });
  const rows = text('whole/metrics.jsonl').trimEnd().split('\n');
  const stages = new Set(rows.map((row) => JSON.parse(row).stage));
  expect([...stages]).toEqual(
    expect.arrayContaining(['base', 'sft', 'sft_for_rl', 'reward', 'ppo']),
  );
});

test('interrupted and resumed, the base model has the same bits', async () => {
  const out = ['--out', join(top, 'halves')];
  let stopped = false;
  const first = await lab([...fresh('halves'), '--stages', 'base', ...TINY], (line, stop) => {
    if (stopped || line.type !== 'metrics' || line.training !== 'base') return;
    stopped = true;
    stop();
  });
  expect(first.code).toBe(130);
  expect(first.errors).toContain('Paused; go on with --resume');

  const second = await lab([...out, '--resume']);
  expect([second.code, second.errors]).toEqual([0, expect.not.stringContaining('rror')]);
  const model = 'models/base/model.safetensors';
  expect(text(`halves/${model}`) === text(`whole/${model}`)).toBe(true);
});

test('with --half, PPO samples in half precision where the GPU can, and says so where it cannot', async () => {
  const half = ['--half', '--stages', 'base,sft,reward,ppo', ...TINY];
  // llvmpipe has shader-f16; SwiftShader, which Chromium takes without a GPU, does not.
  const met = await lab([...fresh('f16'), '--browser', 'firefox', ...half]);
  expect([met.code, met.errors]).toEqual([0, expect.not.stringContaining('rror')]);
  const { features } = JSON.parse(text('f16/experiment.json'));
  expect(features).toContain('shader-f16');

  const refused = await lab([...fresh('no-f16'), ...half]);
  if (refused.code === 0) return;
  expect(refused.errors).toContain('has none; leave --half out.');
});

test('a wrong request is one sentence, exit code 2, and leaves no folder', async () => {
  const { code, lines, errors } = await lab([...fresh('wrong'), '--set', 'ppo.kl=1']);
  expect(code).toBe(2);
  expect(existsSync(join(top, 'wrong'))).toBe(false);
  expect(lines).toEqual([]);
  expect(errors.trimEnd().split('\n')).toHaveLength(1);
  expect(errors).toMatch(/^Unknown setting 'ppo.kl'; the settings are .*ppo\.kl_coef/);
});
