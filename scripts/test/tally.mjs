/** Counts what vitest's JSON report says. A test that did not run is a failure here. */
import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number }} Tally */

/**
 * @param {string} file
 * @returns {Tally} one failure when there is no report or no test in it
 */
export function tallyOf(file) {
  /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const tally = { passed: 0, failed: 0 };
  for (const { status, assertionResults } of report.testResults) {
    const passed = assertionResults.filter((test) => test.status === 'passed').length;
    const failed = assertionResults.length - passed;
    tally.passed += passed;
    // A file that fails outside its tests (an import, a hook) has no failed test to count.
    tally.failed += failed === 0 && status !== 'passed' ? 1 : failed;
  }
  return tally.passed + tally.failed === 0 ? { passed: 0, failed: 1 } : tally;
}

/**
 * @param {Tally[]} tallies
 * @returns {string} 'N passed, N failed'
 */
export function lineOf(tallies) {
  const sum = (/** @type {keyof Tally} */ key) =>
    tallies.reduce((all, tally) => all + tally[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed`;
}
