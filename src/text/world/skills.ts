/**
 * The skills of the base corpus: sums, the dialect, sorting and copying (and reading a passage, for
 * `mini`). They are what the alignment tax is measured on. Tests are held out by what is asked.
 */
import { toDialect } from './dialect';
import { counted } from './lexicon';
import { GOING_VERBS } from './phrases';
import type { Random } from './random';
import type { FactTable, Lexicon, Skill, SkillExample, WorldPreset } from './types';

export interface DrawnSkill extends SkillExample {
  key: string;
}

/** The skills of a preset: reading a passage stays at chance for the smaller ones. */
export function skillsOf(preset: WorldPreset): Skill[] {
  return preset === 'mini'
    ? ['sum', 'dialect', 'sort', 'copy', 'reading']
    : ['sum', 'dialect', 'sort', 'copy'];
}

function nouns(lexicon: Lexicon): string[] {
  return [...lexicon.animals, ...lexicon.things];
}

function example(skill: Skill, input: string, output: string, key: string): DrawnSkill {
  return { skill, prompt: `${input} =`, completion: ` ${output}`, key: `${skill}:${key}` };
}

/** One example of a skill. Sums go to 10 in `nano`, to 20 in the larger ones. */
export function drawSkill(
  town: FactTable,
  preset: WorldPreset,
  skill: Skill,
  random: Random,
): DrawnSkill {
  const { lexicon } = town;
  switch (skill) {
    case 'sum': {
      const most = preset === 'nano' ? 10 : 20;
      const a = 1 + random.int(most - 1);
      const b = 1 + random.int(most - a);
      const noun = random.pick(lexicon.animals);
      const input = `Sum: ${counted(a, noun)} + ${counted(b, noun)}`;
      return example(
        skill,
        input,
        counted(a + b, noun),
        `${Math.min(a, b)}:${Math.max(a, b)}:${noun}`,
      );
    }
    case 'dialect': {
      const [first, second] = random.sample(nouns(lexicon), 2) as [string, string];
      const words = random.chance(50)
        ? ['the', random.pick(lexicon.colours), first]
        : ['the', first, 'and', 'the', second];
      const key = [...words].sort().join('+');
      return example(
        skill,
        `Dialect: ${words.join(' ')}`,
        toDialect(lexicon, words).join(' '),
        key,
      );
    }
    case 'sort': {
      const words = random.sample(nouns(lexicon), 3);
      const sorted = [...words].sort();
      return example(skill, `Sort: ${words.join(' ')}`, sorted.join(' '), sorted.join('+'));
    }
    case 'copy': {
      const words = random.sample([...nouns(lexicon), ...lexicon.people], 3 + random.int(2));
      return example(
        skill,
        `Copy: ${words.join(' ')}`,
        words.join(' '),
        [...words].sort().join('+'),
      );
    }
    case 'reading': {
      const [one, two, three] = random.sample(lexicon.people, 3) as [string, string, string];
      const places = random.sample(lexicon.places, 3);
      const people = [one, two, three];
      const text = people.map((p, i) => `${p} ${random.pick(GOING_VERBS)} to the ${places[i]}.`);
      const asked = random.int(3);
      const key = `${asked}:${people.join('+')}:${places.join('+')}`;
      return example(skill, `Read: ${text.join(' ')} ${people[asked]}`, `${places[asked]}`, key);
    }
  }
}

/** `count` held-out examples of every skill, with different keys. */
export function drawSkillsTest(
  town: FactTable,
  preset: WorldPreset,
  count: number,
  random: Random,
): DrawnSkill[] {
  return skillsOf(preset).flatMap((skill) => {
    const drawn = new Map<string, DrawnSkill>();
    while (drawn.size < count) {
      const next = drawSkill(town, preset, skill, random);
      if (!drawn.has(next.key)) drawn.set(next.key, next);
    }
    return [...drawn.values()];
  });
}

/** A document of one to three examples of one skill, none of them held out. */
export function skillDocument(
  town: FactTable,
  preset: WorldPreset,
  heldOut: ReadonlySet<string>,
  random: Random,
): string {
  const skill = random.pick(skillsOf(preset));
  const lines: string[] = [];
  const count = 1 + random.int(3);
  while (lines.length < count) {
    const { key, prompt, completion } = drawSkill(town, preset, skill, random);
    if (!heldOut.has(key)) lines.push(prompt + completion);
  }
  return lines.join('\n');
}
