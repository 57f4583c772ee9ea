/** The recorded run that comes with the page, opened in the place of the lab. */
import { type Recording, recordedLab } from '../../lab/recorded';
import { formatDuration } from '../format';
import type { Connection } from './lab';

/** @throws in one sentence when it cannot be read */
export async function openRecording(): Promise<Connection> {
  const response = await fetch(
    new URL(`${import.meta.env.BASE_URL}recorded/run.json`, document.baseURI),
  );
  if (!response.ok) throw new Error('The recorded run could not be read; reload the page.');
  const recording = (await response.json()) as Recording;
  const { summary, snapshot } = recording;
  const took = formatDuration(snapshot.report?.seconds.total);
  return {
    lab: recordedLab(recording),
    listen: async () => {},
    recorded: `${summary.preset}, seed ${summary.seed}, which took ${took}`,
  };
}
