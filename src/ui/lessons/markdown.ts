/**
 * The little Markdown that lessons are written in: headings, paragraphs, lists, bold, code and
 * links. Anything else stays the text that it is.
 */

export type Inline =
  | { readonly kind: 'text' | 'strong' | 'code' | 'em'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

export type Block =
  | { readonly kind: 'paragraph'; readonly content: readonly Inline[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Inline[])[] };

/** A part of a lesson that is shown at a time. */
export interface LessonPage {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Lesson {
  readonly title: string;
  readonly pages: readonly LessonPage[];
}

const INLINE = /\*\*(.+?)\*\*|`(.+?)`|\[(.+?)\]\((.+?)\)|\*(.+?)\*/g;

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  const plain = (to: number) => {
    if (to > from) parts.push({ kind: 'text', text: text.slice(from, to) });
  };
  for (const match of text.matchAll(INLINE)) {
    plain(match.index);
    const [whole, strong, code, label, href, em] = match;
    if (strong !== undefined) parts.push({ kind: 'strong', text: strong });
    else if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (label !== undefined) parts.push({ kind: 'link', text: label, href: href! });
    else parts.push({ kind: 'em', text: em! });
    from = match.index + whole.length;
  }
  plain(text.length);
  return parts;
}

function parseBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let items: Inline[][] = [];
  const endList = () => {
    if (items.length > 0) blocks.push({ kind: 'list', items });
    items = [];
  };
  for (const line of lines) {
    if (line.startsWith('- ')) items.push(parseInline(line.slice(2)));
    else if (line.trim() !== '') {
      endList();
      blocks.push({ kind: 'paragraph', content: parseInline(line) });
    }
  }
  endList();
  return blocks;
}

/** A lesson as pages: one for each heading that has text under it. What stands above is left out. */
export function parseLesson(markdown: string): Lesson {
  let title = '';
  const sections: { title: string; lines: string[] }[] = [];
  for (const line of markdown.split('\n')) {
    const heading = /^(#{1,3}) (.+)$/.exec(line);
    if (heading?.[1] === '#') title = heading[2]!;
    else if (heading) sections.push({ title: heading[2]!, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  const pages = sections
    .map((section) => ({ title: section.title, blocks: parseBlocks(section.lines) }))
    .filter(({ blocks }) => blocks.length > 0);
  return { title, pages };
}
