/** The last line of `npm test` counts everything that did not pass as failed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lineOf, tallyOf } from '../../scripts/test/tally.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tally-'));
afterAll(() => rmSync(folder, { recursive: true }));

function report(...files: { status: string; tests: string[] }[]) {
  const path = join(folder, 'report.json');
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((outcome) => ({ status: outcome })),
  }));
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
}

test('passed and failed tests are counted over all files', () => {
  const path = report(
    { status: 'passed', tests: ['passed', 'passed'] },
    { status: 'failed', tests: ['passed', 'failed'] },
  );
  expect(tallyOf(path)).toEqual({ passed: 3, failed: 1 });
});

test('a skipped test is a failure', () => {
  expect(tallyOf(report({ status: 'passed', tests: ['passed', 'pending'] }))).toEqual({
    passed: 1,
    failed: 1,
  });
});

test('a file that fails before its tests is a failure', () => {
  expect(
    tallyOf(report({ status: 'failed', tests: [] }, { status: 'passed', tests: ['passed'] })),
  ).toEqual({ passed: 1, failed: 1 });
});

test('no report, or one without tests, is a failure', () => {
  expect(tallyOf(join(folder, 'none.json'))).toEqual({ passed: 0, failed: 1 });
  expect(tallyOf(report())).toEqual({ passed: 0, failed: 1 });
});

test('the line adds up the projects', () => {
  expect(
    lineOf([
      { passed: 2, failed: 0 },
      { passed: 3, failed: 1 },
    ]),
  ).toBe('5 passed, 1 failed');
});
