/**
 * The page on the fake lab, for looking at it with `npm run dev` at /tests/ui/dev.html:
 * `?done=base,sft` stages done, `?empty` no experiment, `?nogpu`, `?paused=ppo`, `?k=7`, `?copies`.
 */
import { createComponent, render } from 'solid-js/web';
import type { Stage } from '../../src/config/stages';
import { App } from '../../src/ui/App';
import { makeCopies } from '../support/fakeCopies';
import { FakeLab } from '../support/fakeLab';

const query = new URLSearchParams(location.search);
const paused = query.get('paused') as Stage | null;
const connection = new FakeLab({
  done: query.has('empty')
    ? null
    : ((query.get('done') ?? '').split(',').filter(Boolean) as Stage[]),
  ...(paused ? { paused } : {}),
  ...(query.has('nogpu')
    ? { gpu: { ok: false, problem: 'no-adapter', message: 'No adapter was found.' } as const }
    : {}),
  k: Number(query.get('k') ?? 5),
});
if (query.has('copies')) await makeCopies(connection);
render(() => createComponent(App, { connection }), document.getElementById('root')!);
