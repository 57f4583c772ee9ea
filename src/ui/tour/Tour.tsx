/** Six steps for a first visit. What a step speaks of is outlined; nothing is started. */
import { createEffect, on, onCleanup } from 'solid-js';
import { openGuide } from '../state/guide';
import { hashOf, type RoomName } from '../state/rooms';
import { GuideCard } from './GuideCard';

interface Step {
  readonly title: string;
  readonly text: string;
  /** The part of the page that carries this `data-tour`. */
  readonly target: string;
  readonly room: RoomName;
}

export const TOUR: readonly Step[] = [
  {
    title: 'A language model learns to answer, from left to right',
    text: 'This line is the whole method of InstructGPT: a base model that continues text, demonstrations, rankings, a reward model, reinforcement, and the judgement. Each box is a room; it says what is there and what is missing.',
    target: 'pipeline',
    room: 'base',
  },
  {
    title: 'Each room has one thing to do',
    text: 'The button at the right does it, and the line under the room’s name says what it needs and where to get that. Everything is computed on this machine; nothing is sent anywhere.',
    target: 'action',
    room: 'base',
  },
  {
    title: 'Or see it all happen first',
    text: 'This button runs every stage with simulated labelers in the place of people. The smallest size takes minutes, and you can pause, step and go on at any time, also after closing the tab.',
    target: 'whole',
    room: 'base',
  },
  {
    title: 'You are a labeler',
    text: 'Here you put answers in order without knowing what wrote them. Keys do it all: digits place, = ties, Enter goes on, ? shows the rest. Your rankings train the reward model.',
    target: 'room',
    room: 'rank',
  },
  {
    title: 'Two rewards on one chart',
    text: 'PPO follows the learned reward. This town has rules, so there is a true reward too, which training never sees. Watch where the first goes on rising and the second does not.',
    target: 'room',
    room: 'reinforce',
  },
  {
    title: 'Every room explains itself',
    text: '“What happens here” has the formula and the paper’s numbers beside yours. Five lessons and this tour stand under Learn.',
    target: 'learn',
    room: 'base',
  },
];

export function Tour(props: { at: number }) {
  const step = () => TOUR[props.at] ?? TOUR[0]!;
  createEffect(
    on(
      () => props.at,
      () => {
        const { target, room } = step();
        if (location.hash.split('?')[0] !== hashOf(room)) location.hash = hashOf(room);
        const mark = () => document.querySelector(`[data-tour="${target}"]`);
        mark()?.setAttribute('data-tour-on', '');
        onCleanup(() => {
          for (const marked of document.querySelectorAll('[data-tour-on]')) {
            marked.removeAttribute('data-tour-on');
          }
        });
      },
    ),
  );
  return (
    <GuideCard
      name="Tour"
      title={step().title}
      at={props.at}
      count={TOUR.length}
      leave="Skip the tour"
      onMove={(at) => openGuide({ kind: 'tour', at })}
      onClose={() => openGuide(null)}
    >
      <p>{step().text}</p>
    </GuideCard>
  );
}
