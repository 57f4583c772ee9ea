/** What a run tells: bars on a terminal, few lines elsewhere, JSON lines for programs. */
import { expect, test } from 'vitest';
import { barLine, clock, makeReporter } from '../../scripts/lab/progress.mjs';
import type { LabEvent, Progress } from '../../src/lab/api';

const progress: Progress = {
  stage: 'sft',
  phase: 'training SFT',
  done: 3,
  total: 12,
  secondsLeft: 130,
  tokensPerSecond: 1234.5,
};

/** A reporter with what it wrote; the time is `at.now`. */
function reporter(options: { json: boolean; isTTY: boolean }) {
  const at = { now: 0 };
  let written = '';
  const out = {
    isTTY: options.isTTY,
    columns: 120,
    write(text: string) {
      written += text;
      return true;
    },
  } as NodeJS.WriteStream;
  const made = makeReporter({ json: options.json, out, now: () => at.now });
  return { ...made, at, written: () => written };
}

test('a bar tells stage, share, phase, speed and time left', () => {
  expect(barLine(progress)).toBe(
    'sft      ██████░░░░░░░░░░░░░░░░░░  25 %  training SFT · 1,235 tokens/s · 2:10 left',
  );
});

test('times read as a clock', () => {
  expect([0, 61.4, 3725].map(clock)).toEqual(['0:00', '1:01', '1:02:05']);
});

test('a terminal gets one line that is drawn over', () => {
  const { event, written } = reporter({ json: false, isTTY: true });
  event({ type: 'progress', progress });
  event({ type: 'progress', progress: { ...progress, done: 6 } });
  expect(written().split('\n')).toHaveLength(1);
  expect(written()).toContain('\r\u001b[2Ksft');
});

test('elsewhere a phase gets a line, and another every few seconds', () => {
  const { event, at, written } = reporter({ json: false, isTTY: false });
  event({ type: 'stage', stage: 'sft', status: 'running' });
  event({ type: 'progress', progress });
  event({ type: 'progress', progress: { ...progress, done: 4 } });
  at.now = 6000;
  event({ type: 'progress', progress: { ...progress, done: 6 } });
  event({ type: 'stage', stage: 'sft', status: 'done' });
  expect(written().trimEnd().split('\n')).toEqual([
    'sft       25 %  training SFT · 1,235 tokens/s · 2:10 left',
    'sft       50 %  training SFT · 1,235 tokens/s · 2:10 left',
    'sft      done in 0:06',
  ]);
});

test('programs get every event as it is', () => {
  const { event, result, written } = reporter({ json: true, isTTY: true });
  const events: LabEvent[] = [
    { type: 'progress', progress },
    { type: 'stage', stage: 'ppo', status: 'paused', message: 'KL' },
  ];
  events.forEach(event);
  result({ type: 'done', ok: true });
  const lines = written().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([...events, { type: 'done', ok: true }]);
});
