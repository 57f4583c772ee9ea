/** The state of a stage's room in one line: what it has, what it needs, and where to get it. */
import type { Stage } from '../../config/stages';
import { list } from '../format';
import type { LabStore } from '../state/lab';
import { missingBefore, ROOM_OF, STAGE_NAMES } from '../state/pipeline';
import { ROOM_TITLES } from '../state/rooms';

/** @param done what to say when the stage is done */
export function stageLine(store: LabStore, stage: Stage, done: string): string {
  const experiment = store.state.experiment;
  if (!experiment) return 'There is no experiment yet: start one, and its little town is written.';
  const name = STAGE_NAMES[stage];
  const status = experiment.stages[stage];
  if (status === 'done') return done;
  if (status === 'running') return `Training is under way; ${name} is ready when the bar is full.`;
  if (status === 'paused') return 'Paused and saved. Resume or take one step with the bar above.';
  if (status === 'failed')
    return 'It stopped with an error, which the log below tells; what came before is kept.';
  const missing = missingBefore(experiment.stages, stage);
  if (missing.length === 0) return 'Everything it needs is there.';
  const rooms = list([...new Set(missing.map((before) => ROOM_TITLES[ROOM_OF[before]]))]);
  return `It needs ${list(missing.map((before) => STAGE_NAMES[before]))} first, from ${rooms}.`;
}
