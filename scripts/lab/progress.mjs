/** How a run is told: bars on a terminal, a plain line now and then elsewhere, or JSON lines. */

/**
 * @typedef {import('../../src/lab/api').LabEvent} LabEvent
 * @typedef {import('../../src/lab/api').Progress} Progress
 */

/**
 * @typedef {object} Reporter
 * @property {(event: LabEvent) => void} event
 * @property {(text: string) => void} note a line for a person
 * @property {(line: object) => void} result the last word, for programs
 */

/** Between two plain lines of one stage. */
const PLAIN_MS = 5000;
const BAR = 24;

/** @param {number} seconds @returns {string} '1:02:03' or '2:03' */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {Progress} progress */
const share = ({ done, total }) => (total > 0 ? Math.min(1, done / total) : 0);

/** @param {Progress} progress @returns {string} 'training SFT · 1,234 tokens/s · 2:10 left' */
function details({ phase, tokensPerSecond, secondsLeft }) {
  const parts = [phase];
  if (tokensPerSecond !== null) {
    parts.push(`${Math.round(tokensPerSecond).toLocaleString('en-US')} tokens/s`);
  }
  if (secondsLeft !== null) parts.push(`${clock(secondsLeft)} left`);
  return parts.join(' · ');
}

/** @param {Progress} progress @returns {string} '  52 %' */
const percent = (progress) => `${String(Math.floor(100 * share(progress))).padStart(4)} %`;

/** @param {Progress} progress */
export function barLine(progress) {
  const full = Math.round(BAR * share(progress));
  const bar = '█'.repeat(full) + '░'.repeat(BAR - full);
  return `${progress.stage.padEnd(8)} ${bar}${percent(progress)}  ${details(progress)}`;
}

/** @param {Progress} progress */
export const plainLine = (progress) =>
  `${progress.stage.padEnd(8)}${percent(progress)}  ${details(progress)}`;

/**
 * @param {object} options
 * @param {boolean} options.json events as JSON lines; notes go to standard error
 * @param {NodeJS.WriteStream} [options.out]
 * @param {() => number} [options.now] in ms
 * @returns {Reporter}
 */
export function makeReporter({ json, out = process.stdout, now = () => performance.now() }) {
  if (json) {
    const line = (/** @type {object} */ value) => out.write(`${JSON.stringify(value)}\n`);
    return { event: line, result: line, note: (text) => process.stderr.write(`${text}\n`) };
  }
  return out.isTTY ? bars(out, now) : lines(out, now);
}

/**
 * What both forms say in the same words.
 * @param {(text: string) => void} say
 * @param {() => number} now
 * @param {(progress: Progress) => void} show
 * @returns {Reporter}
 */
function teller(say, now, show) {
  /** @type {Map<string, number>} */
  const begun = new Map();
  return {
    note: say,
    result: () => {},
    event(event) {
      if (event.type === 'progress') show(event.progress);
      if (event.type === 'log' && event.level !== 'info') say(`${event.level}: ${event.message}`);
      if (event.type !== 'stage') return;
      const { stage, status, message } = event;
      if (status === 'running') begun.set(stage, begun.get(stage) ?? now());
      else if (status === 'done') {
        const seconds = (now() - (begun.get(stage) ?? now())) / 1000;
        say(`${stage.padEnd(8)} done in ${clock(seconds)}`);
      } else if (status === 'paused' || status === 'failed') {
        say(`${stage.padEnd(8)} ${status}${message ? `: ${message}` : ''}`);
      }
    },
  };
}

/** @param {NodeJS.WriteStream} out @param {() => number} now */
function bars(out, now) {
  const clear = '\r\u001b[2K';
  return teller(
    (text) => void out.write(`${clear}${text}\n`),
    now,
    (progress) => void out.write(clear + barLine(progress).slice(0, (out.columns ?? 100) - 1)),
  );
}

/** @param {NodeJS.WriteStream} out @param {() => number} now */
function lines(out, now) {
  const told = { stage: '', phase: '', at: 0 };
  return teller(
    (text) => void out.write(`${text}\n`),
    now,
    (progress) => {
      const { stage, phase } = progress;
      const same = stage === told.stage && phase === told.phase;
      if (same && now() - told.at < PLAIN_MS) return;
      Object.assign(told, { stage, phase, at: now() });
      out.write(`${plainLine(progress)}\n`);
    },
  );
}
