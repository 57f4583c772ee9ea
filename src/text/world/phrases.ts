/**
 * Set phrases: kind, comforting, glad, rude, hedging and empty ones. `X` stands for one or more
 * noun phrases, `L` for a list of any words of the town. Writers fill them, the reader matches
 * them, so what is written can be read.
 */

export type PhraseKind = 'kind' | 'comfort' | 'joy' | 'follow' | 'rude' | 'empty' | 'offer';

export const PHRASES: Readonly<Record<PhraseKind, readonly string[]>> = {
  kind: ['Be well', 'Good luck', 'Be happy', 'Good day to you'],
  comfort: ['I am sorry, X', 'I am sorry', 'Do not be sad, X', 'Do not be sad', 'All will be well'],
  joy: [
    'That is good, X',
    'That is good',
    'I am glad for you, X',
    'I am glad for you',
    'Well done, X',
  ],
  follow: ['May X be well', 'We will find X', 'I like X'],
  rude: ['You are a fool', 'Go away', 'That is dumb', 'Go away, you fool', 'You are dumb, X'],
  empty: ['I do not know', 'Ask X'],
  offer: ['Take L', 'Try L', 'I like L', 'It is L', 'They are L'],
};

/** Words that insult wherever they stand. */
export const RUDE_WORDS: ReadonlySet<string> = new Set(['fool', 'dumb', 'away']);

/** Beginnings that take back what follows. */
export const HEDGES = ['I think', 'Maybe', 'Well,'] as const;

/** Beginnings of a scene. */
export const OPENERS = ['One day', 'Then', 'At night', 'Today'] as const;

export const FEELINGS = ['happy', 'glad', 'calm', 'sad', 'tired', 'mad'] as const;

export const GLAD_FEELINGS = ['happy', 'glad', 'calm'] as const;
export const SAD_FEELINGS = ['sad', 'tired', 'mad'] as const;

/** Verbs that take an object, by the kind of the object. */
export const OBJECT_VERBS = {
  person: ['saw', 'met', 'found'],
  animal: ['saw', 'fed', 'found'],
  thing: ['saw', 'took', 'lost', 'found'],
} as const;

/** Verbs of going to a place. */
export const GOING_VERBS = ['went', 'ran'] as const;

/** Verbs that need no object; a place or company may follow. */
export const RESTING_VERBS = ['sat', 'slept'] as const;
