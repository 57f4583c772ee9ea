/** The reader: sentences and what they say. */
import { describe, expect, it } from 'vitest';
import { makeFacts, makeWorld } from '../../../src/text/world';
import { readText } from '../../../src/text/world/reader';

const town = makeFacts(0, 'nano');
const read = (text: string) => readText(town, text).sentences;
const said = (text: string) =>
  read(text).flatMap((s) => s.claims.map((c) => `${c.subject}.${c.attribute}=${c.value}`));

describe('claims', () => {
  const cases: [string, string[]][] = [
    ['The owl is red.', ['owl.colour=red']],
    ['The colour of the owl is red.', ['owl.colour=red']],
    ['Ida is a baker and lives at the mill.', ['Ida.job=baker', 'Ida.home=mill']],
    ['Ida works as a cook.', ['Ida.job=cook']],
    ['Ida works at the inn.', ['inn.worker=Ida']],
    ['The kite is at the mill.', ['mill.found=kite']],
    ['At the mill is the kite.', ['mill.found=kite']],
    ['Ida has a pet owl.', ['Ida.pet=owl']],
    ['Ida and Tom like soup.', ['Ida.food=soup', 'Tom.food=soup']],
    ['The owl is red and the cat is blue.', ['owl.colour=red', 'cat.colour=blue']],
    ['Ida saw the red owl.', ['owl.colour=red']],
    ['I think the boat is made of tin.', ['boat.material=tin']],
    ['The boat is red. It is for play.', ['boat.colour=red', 'boat.use=play']],
    ['One day Ida met Tom and Tom was sad.', []],
    ['Then Ida saw the owl, the cat and Tom at the mill.', []],
    ['Ida is at the mill.', []],
  ];
  it.each(cases)('%s', (text, claims) => {
    expect(read(text).every((sentence) => sentence.kind === 'statement')).toBe(true);
    expect(said(text)).toEqual(claims);
  });
});

describe('kinds of sentences', () => {
  const cases: [string, string][] = [
    ['Be well.', 'kind'],
    ['I am sorry, Ida.', 'comfort'],
    ['That is good.', 'joy'],
    ['We will find the hat.', 'follow'],
    ['You are a fool.', 'rude'],
    ['I do not know.', 'empty'],
    ['Try bread, soup and jam.', 'offer'],
    ['What colour is the owl?', 'question'],
    ['Red.', 'fragment'],
    ['At the mill.', 'fragment'],
    ['7 owls.', 'fragment'],
    ['The, Ida, Ida and Ida.', 'unread'],
    ['The owl is the.', 'unread'],
    ['Ida owl saw.', 'unread'],
    ['Q: Tell of Ida.', 'unread'],
  ];
  it.each(cases)('%s', (text, kind) => {
    expect(read(text)[0]!.kind).toBe(kind);
  });
});

it('every statement, story and fact page of the corpus can be read', () => {
  const world = makeWorld({ seed: 5, preset: 'nano', sizes: { prompts: 10 } });
  const pages = world.corpus.val.filter((document) => !/^\w+: /.test(document));
  expect(pages.length).toBeGreaterThan(50);
  for (const page of pages) {
    const body = page.includes('\n') ? page.slice(page.indexOf('\n') + 1) : page;
    for (const sentence of readText(world.facts, body).sentences) {
      expect(sentence.kind, sentence.text).toBe('statement');
      expect(sentence.punctuated, sentence.text).toBe(true);
    }
  }
});

it('nothing that a weak model writes makes it throw, or take long', () => {
  for (const text of [
    '',
    '\n\n',
    '...',
    'and and and',
    `${'the owl and '.repeat(500)}.`,
    '\ufffd\u0000',
  ]) {
    expect(() => readText(town, text)).not.toThrow();
  }
});
