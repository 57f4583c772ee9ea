/**
 * The words of the town. `nano` takes the head of every list, the larger presets all of it. Words
 * are short and mean one thing only: the reader can tell a word's kind from the word alone.
 */
import type { Attribute, Category, EntityKind, FactTable, Lexicon, WorldPreset } from './types';

const WORDS = {
  people:
    'Ida Tom Ben Mia Sam Eva Max Zoe Leo Ada Kit Nan Finn Rosa Hugo Lena Otto Vera Paul Edda Jon Mona Emil Ruth',
  animals:
    'owl cat hen dog fox pig cow bee goat duck crab seal wolf hare frog swan bear lamb toad mouse',
  things:
    'boat lamp bell cup hat box drum kite net coat rope sail cart chair bench oar flag ring pot key',
  places: 'mill inn shop pier farm hill school church market tower',
  colours: 'red blue green grey pink black white gold brown silver purple yellow',
  sounds: 'moo baa hum coo ting woo honk chirp squeak purr',
  foods: 'bread soup jam ham pie rice nuts eggs cheese honey plums beans',
  materials: 'wood tin wool clay bone jade iron paper silk stone',
  uses: 'play rain tea song sun work snow travel winter trade',
  jobs: 'cook maid monk poet chef bard baker smith teacher sailor painter miner',
} as const satisfies Record<keyof Lexicon, string>;

type Sizes = Record<keyof Lexicon, number>;

const NANO: Sizes = {
  people: 12,
  animals: 10,
  things: 10,
  places: 6,
  colours: 8,
  sounds: 6,
  foods: 8,
  materials: 6,
  uses: 6,
  jobs: 8,
};

/** The words of a preset. */
export function makeLexicon(preset: WorldPreset): Lexicon {
  const words = (list: keyof Lexicon) => {
    const all = WORDS[list].split(' ');
    return preset === 'nano' ? all.slice(0, NANO[list]) : all;
  };
  return {
    people: words('people'),
    animals: words('animals'),
    things: words('things'),
    places: words('places'),
    colours: words('colours'),
    sounds: words('sounds'),
    foods: words('foods'),
    materials: words('materials'),
    uses: words('uses'),
    jobs: words('jobs'),
  };
}

/** The attributes that an entity of a kind has. */
export const ATTRIBUTES: Readonly<Record<EntityKind, readonly Attribute[]>> = {
  person: ['job', 'home', 'pet', 'food'],
  animal: ['colour', 'sound', 'food', 'home'],
  thing: ['colour', 'material', 'use'],
  place: ['found', 'worker'],
};

/** The values that an attribute can take. */
export function valuesOf(lexicon: Lexicon, attribute: Attribute): readonly string[] {
  switch (attribute) {
    case 'job':
      return lexicon.jobs;
    case 'home':
      return lexicon.places;
    case 'pet':
      return lexicon.animals;
    case 'food':
      return lexicon.foods;
    case 'colour':
      return lexicon.colours;
    case 'sound':
      return lexicon.sounds;
    case 'material':
      return lexicon.materials;
    case 'use':
      return lexicon.uses;
    case 'found':
      return lexicon.things;
    case 'worker':
      return lexicon.people;
  }
}

/** The members of a category. */
export function membersOf(lexicon: Lexicon, category: Category): readonly string[] {
  switch (category) {
    case 'name':
      return lexicon.people;
    case 'animal':
      return lexicon.animals;
    case 'thing':
      return lexicon.things;
    case 'place':
      return lexicon.places;
    case 'food':
      return lexicon.foods;
    case 'colour':
      return lexicon.colours;
    case 'job':
      return lexicon.jobs;
  }
}

const kindsOf = new WeakMap<Lexicon, Map<string, EntityKind>>();

/** What kind of entity a word names, in the spelling of the lexicon; undefined for other words. */
export function entityKind(lexicon: Lexicon, word: string): EntityKind | undefined {
  let kinds = kindsOf.get(lexicon);
  if (!kinds) {
    kinds = new Map();
    for (const word of lexicon.people) kinds.set(word, 'person');
    for (const word of lexicon.animals) kinds.set(word, 'animal');
    for (const word of lexicon.things) kinds.set(word, 'thing');
    for (const word of lexicon.places) kinds.set(word, 'place');
    kindsOf.set(lexicon, kinds);
  }
  return kinds.get(word);
}

/** Every person, animal, thing and place. */
export function entitiesOf(lexicon: Lexicon): string[] {
  return [...lexicon.people, ...lexicon.animals, ...lexicon.things, ...lexicon.places];
}

/** A noun phrase: `Ida`, `the owl`. */
export function nounPhrase(town: FactTable, entity: string): string {
  return entityKind(town.lexicon, entity) === 'person' ? entity : `the ${entity}`;
}

/** `Ida, Tom and the owl`. */
export function nounPhrases(town: FactTable, entities: readonly string[]): string {
  return joinList(entities.map((entity) => nounPhrase(town, entity)));
}

/** `a, b and c`. */
export function joinList(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** First letter in upper case. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const IRREGULAR: Readonly<Record<string, string>> = { wolf: 'wolves', mouse: 'mice' };

/** `owls`, `foxes`, `mice`. */
export function plural(noun: string): string {
  return IRREGULAR[noun] ?? (/(x|ch|s)$/.test(noun) ? `${noun}es` : `${noun}s`);
}

/** `1 owl`, `3 owls`. */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : plural(noun)}`;
}
