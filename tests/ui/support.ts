/** Mounts the page on a fake lab inside a test's browser, and finds things in it as people do. */
import { createComponent, render } from 'solid-js/web';
import { expect, onTestFinished } from 'vitest';
import { App } from '../../src/ui/App';
import { openGuide } from '../../src/ui/state/guide';
import { hashOf, type RoomName } from '../../src/ui/state/rooms';
import '../../src/ui/styles/global.css';
// The rooms are loaded before a test begins, not while it waits for one.
import '../../src/ui/rooms/Base';
import '../../src/ui/rooms/Compare';
import '../../src/ui/rooms/Demonstrate';
import '../../src/ui/rooms/Rank';
import '../../src/ui/rooms/Reinforce';
import '../../src/ui/rooms/Reward';
import '../../src/ui/experiments/DuplicateDialog';
import '../../src/ui/experiments/ExperimentList';
import '../../src/ui/shell/NewExperiment';
import { FakeLab, type FakeOptions } from '../support/fakeLab';

/** Waits for something to become true: long, as a cold or busy machine may need it. */
export const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 30_000 });

/** The page in a room; it is taken away when the test ends. Drafts of other tests are forgotten. */
export async function openRoom(room: RoomName, options: FakeOptions = {}): Promise<FakeLab> {
  localStorage.clear();
  openGuide(null);
  return reopenRoom(room, new FakeLab(options));
}

/** Takes the page of before away. */
let leave = () => {};

/** The page anew on a lab that was used before, as after a reload. */
export async function reopenRoom(room: RoomName, lab: FakeLab): Promise<FakeLab> {
  leave();
  const root = document.createElement('div');
  root.id = 'test-page';
  document.body.append(root);
  location.hash = hashOf(room);
  const dispose = render(() => createComponent(App, { connection: lab }), root);
  leave = () => {
    dispose();
    root.remove();
    leave = () => {};
  };
  onTestFinished(() => leave());
  await eventually(() => root.querySelector('main h1')?.textContent?.toLowerCase()).toBe(room);
  return lab;
}

export const page = (): HTMLElement => document.getElementById('test-page')!;

/** The first enabled button whose name contains these words. */
export function button(words: string): HTMLButtonElement {
  const found = [...page().querySelectorAll('button')].find((candidate) =>
    (candidate.getAttribute('aria-label') ?? candidate.textContent ?? '').includes(words),
  );
  if (!found) throw new Error(`No button says '${words}'.`);
  return found;
}

/** What is seen: hidden text does not count. */
export const text = (): string => page().innerText;
export const callsOf = (lab: FakeLab, name: string) =>
  lab.calls.filter((call) => call.name === name);
