/** The lessons: what a class plan must have, and links that the page can open. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseInline, parseLesson } from '../../src/ui/lessons/markdown';
import { LESSON_COUNT, readLink } from '../../src/ui/state/link';

const FOLDER = 'docs/lessons';
const files = readdirSync(FOLDER).filter((name) => /^\d/.test(name));

test('there are five', () => expect(files).toHaveLength(LESSON_COUNT));

for (const [index, file] of files.entries()) {
  describe(file, () => {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
    const lesson = parseLesson(text);

    test('has an aim, steps, what one should see, and questions', () => {
      expect(lesson.title).toMatch(new RegExp(`^${index + 1}\\. \\w`));
      const titles = lesson.pages.map(({ title }) => title);
      expect(titles[0]).toBe('Aim');
      expect(titles.slice(-2)).toEqual(['What you should see', 'Questions']);
      expect(titles.length).toBeGreaterThanOrEqual(6);
      expect(lesson.pages.at(-1)!.blocks[0]!.kind).toBe('list');
    });

    test('has a link that opens the page in its state, and stands in the list', () => {
      const hash = /4173\/(#[^)]+)\)/.exec(text)![1]!;
      const link = readLink(hash);
      expect(link.lesson).toBe(index + 1);
      expect(link.config?.preset).toBe('nano');
      expect(readFileSync(`${FOLDER}/README.md`, 'utf8')).toContain(`(${file})`);
    });
  });
}

test('the Markdown of a lesson is read as bold, code, links and text', () => {
  expect(parseInline('In **Rank** press `=`, [see](#/rank) *there*.')).toEqual([
    { kind: 'text', text: 'In ' },
    { kind: 'strong', text: 'Rank' },
    { kind: 'text', text: ' press ' },
    { kind: 'code', text: '=' },
    { kind: 'text', text: ', ' },
    { kind: 'link', text: 'see', href: '#/rank' },
    { kind: 'text', text: ' ' },
    { kind: 'em', text: 'there' },
    { kind: 'text', text: '.' },
  ]);
});
