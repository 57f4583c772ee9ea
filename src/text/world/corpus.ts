/** The base corpus ("the web"): stories, fact pages, forum threads and skills. */
import { allClaims, claimsAbout } from './facts';
import type { Scale } from './families/family';
import { forumThread } from './forum';
import { capitalise, entitiesOf, entityKind, nounPhrases } from './lexicon';
import type { Random } from './random';
import { story } from './scenes';
import { skillDocument } from './skills';
import type { DocumentKind, FactTable, WorldPreset } from './types';
import { doubleStatement, predicate, statement } from './wording';

/** Shares of the characters, in percent. */
export const SHARES: Readonly<Record<DocumentKind, number>> = {
  stories: 30,
  facts: 20,
  forum: 25,
  skills: 25,
};

/** One text of the corpus. */
export interface CorpusDocument {
  readonly kind: DocumentKind;
  readonly text: string;
}

/** Share of pages and stories that begin with a title naming their cast, in percent. */
const TITLED = 60;

/** `text` under a line that names `cast`, or without one. */
function titled(
  town: FactTable,
  cast: readonly string[],
  text: readonly string[],
  random: Random,
): string {
  const body = text.map(capitalise).join(' ');
  return random.chance(TITLED) ? `${capitalise(nounPhrases(town, cast))}\n${body}` : body;
}

/** Three to eight sentences about a cast of two to four. */
export function storyDocument(town: FactTable, random: Random): string {
  const hero = random.pick([...town.lexicon.people, ...town.lexicon.animals]);
  const others = entitiesOf(town.lexicon).filter((entity) => entity !== hero);
  const cast = random.shuffle([hero, ...random.sample(others, 1 + random.int(3))]);
  const target = 3 + random.int(6);
  const lines: string[] = [];
  while (lines.length < target) lines.push(...story(town, cast, cast.length, random));
  return titled(town, cast, lines.slice(0, target), random);
}

/** A page about one entity, about several, or about one value of many, in varied wordings. */
export function factDocument(town: FactTable, random: Random): string {
  const kind = random.weighted([40, 40, 20]);
  if (kind === 0) return entityPage(town, random.pick(entitiesOf(town.lexicon)), random);
  if (kind === 1) {
    const subjects = random.sample(entitiesOf(town.lexicon), 2 + random.int(2));
    const lines = subjects.map((subject) => {
      const [first, second] = random.sample(claimsAbout(town, subject), 2);
      return random.chance(30)
        ? doubleStatement(town, first!, second!, random)
        : statement(town, first!, random);
    });
    return titled(town, subjects, lines, random);
  }
  const claims = allClaims(town);
  const { attribute, value } = random.pick(claims);
  const alike = claims.filter((c) => c.attribute === attribute && c.value === value);
  return random
    .sample(alike, 4)
    .map((claim) => statement(town, claim, random))
    .join(' ');
}

function entityPage(town: FactTable, subject: string, random: Random): string {
  const claims = random.shuffle(claimsAbout(town, subject));
  const kind = entityKind(town.lexicon, subject);
  const lines: string[] = [];
  while (claims.length > 0) {
    const claim = claims.pop()!;
    const hasPronoun = (kind === 'animal' || kind === 'thing') && lines.length > 0;
    if (hasPronoun && random.chance(40)) lines.push(`It ${predicate(town, claim, random)}.`);
    else if (claims.length > 0 && random.chance(35)) {
      lines.push(doubleStatement(town, claim, claims.pop()!, random));
    } else lines.push(statement(town, claim, random));
  }
  return titled(town, [subject], lines, random);
}

/** Documents of all kinds, shuffled, `characters` long in all. */
export function makeCorpus(
  town: FactTable,
  preset: WorldPreset,
  scale: Scale,
  reserved: ReadonlySet<string>,
  characters: number,
  random: Random,
): CorpusDocument[] {
  const makers = {
    stories: () => storyDocument(town, random),
    facts: () => factDocument(town, random),
    forum: () => forumThread(town, scale, reserved, random),
    skills: () => skillDocument(town, preset, reserved, random),
  } satisfies Record<DocumentKind, () => string>;
  const documents: CorpusDocument[] = [];
  for (const kind of Object.keys(SHARES) as DocumentKind[]) {
    let left = Math.floor((characters * SHARES[kind]) / 100);
    while (left > 0) {
      const text = makers[kind]();
      documents.push({ kind, text });
      left -= text.length;
    }
  }
  return random.shuffle(documents);
}

/** Share of each kind in the characters of a corpus. */
export function corpusShares(
  texts: readonly string[],
  kinds: readonly DocumentKind[],
): Record<DocumentKind, number> {
  const shares = { stories: 0, facts: 0, forum: 0, skills: 0 };
  let total = 0;
  texts.forEach((text, i) => {
    shares[kinds[i]!] += text.length;
    total += text.length;
  });
  for (const kind of Object.keys(shares) as DocumentKind[]) shares[kind] /= Math.max(1, total);
  return shares;
}
