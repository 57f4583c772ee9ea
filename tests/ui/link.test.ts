/** A teacher's link: every configuration comes back as it was, and a bad link says what is wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultConfig, type ExperimentConfig, parseConfig } from '../../src/config/experiment';
import { FIELD_KEYS, FIELDS, type Field, PRESETS } from '../../src/config/fields';
import { linkHash, readLink } from '../../src/ui/state/link';
import { ROOMS, roomOf } from '../../src/ui/state/rooms';

/** Any value that a field takes. */
function anyValue(field: Field): fc.Arbitrary<number | boolean> {
  if (field.kind === 'switch') return fc.boolean();
  if (field.kind === 'integer') return fc.integer({ min: field.min, max: field.max });
  // A minus zero is a zero in a link.
  return fc.double({ min: field.min, max: field.max, noNaN: true }).map((value) => value + 0);
}

const config: fc.Arbitrary<ExperimentConfig> = fc
  .record({
    preset: fc.constantFrom(...PRESETS),
    seed: fc.integer({ min: 0, max: 4_294_967_295 }),
    changes: fc
      .subarray(FIELD_KEYS)
      .chain((keys) =>
        fc.record(Object.fromEntries(keys.map((key) => [key, anyValue(FIELDS[key])]))),
      ),
  })
  .map(({ preset, seed, changes }) => {
    const plain = defaultConfig(preset, seed);
    return { ...plain, settings: { ...plain.settings, ...changes } } as ExperimentConfig;
  })
  .filter((made) => {
    try {
      parseConfig(made);
      return true;
    } catch {
      return false;
    }
  });

test('a room, a whole configuration and a lesson come back as they were', () => {
  const link = fc.record({
    room: fc.constantFrom(...ROOMS),
    config: fc.option(config),
    lesson: fc.option(fc.integer({ min: 1, max: 5 })),
  });
  fc.assert(
    fc.property(link, (given) => {
      const hash = linkHash(given);
      expect(readLink(hash)).toEqual(given);
      expect(roomOf(hash)).toBe(given.room);
    }),
    { numRuns: 60 },
  );
});

test('only what differs from the defaults stands in a link', () => {
  const plain = defaultConfig('nano', 7);
  const changed = { ...plain, settings: { ...plain.settings, 'ppo.kl_coef': 0.02 } };
  expect(linkHash({ room: 'reinforce', config: changed, lesson: 4 })).toBe(
    '#/reinforce?preset=nano&seed=7&ppo.kl_coef=0.02&lesson=4',
  );
});

describe('a bad link says in one sentence what is wrong', () => {
  const cases: [string, RegExp][] = [
    ['#/cellar?preset=nano', /^There is no room 'cellar'; the rooms are base, .*\.$/],
    ['#/base?preset=huge', /^preset must be one of nano, micro, mini, not 'huge'\.$/],
    ['#/base?seed=3', /^preset must be one of/],
    ['#/base?preset=nano&seed=-1', /^seed must be a whole number from 0 to 4294967295, not '-1'/],
    ['#/base?preset=nano&ppo.beta=1', /^Unknown setting 'ppo\.beta'; the settings are /],
    ['#/base?preset=nano&ppo.kl_coef=big', /^ppo\.kl_coef must be a number from .*, not 'big'\.$/],
    ['#/base?preset=nano&ppo.minibatch=33', /^ppo\.batch \(128\) must be a multiple/],
    ['#/base?preset=nano&seed=1&seed=2', /^'seed' is given twice\.$/],
    ['#/base?lesson=9', /^lesson must be a number from 1 to 5, not '9'\.$/],
  ];
  for (const [hash, sentence] of cases) {
    test(hash, () => expect(() => readLink(hash)).toThrow(sentence));
  }
});
