/** WGSL in pieces for colouring: comments, keywords and types, numbers, and the rest. */

export interface Piece {
  readonly kind: 'comment' | 'keyword' | 'number' | 'plain';
  readonly text: string;
}

const KEYWORDS = [
  ...['fn', 'let', 'var', 'const', 'override', 'struct', 'return', 'if', 'else', 'for', 'while'],
  ...['loop', 'break', 'continue', 'switch', 'case', 'default', 'alias', 'enable', 'true', 'false'],
  ...['f32', 'f16', 'u32', 'i32', 'bool', 'array', 'atomic', 'ptr', 'vec[234][fuih]?'],
  ...['mat[234]x[234][fh]?', 'workgroup', 'storage', 'uniform', 'function', 'private', 'read'],
  ...['read_write'],
].join('|');

const PIECES = new RegExp(
  [
    String.raw`(?<comment>//.*|/\*[\s\S]*?\*/)`,
    String.raw`(?<keyword>@\w+|\b(?:${KEYWORDS})\b)`,
    String.raw`(?<number>\b\d[\w.]*(?:e[-+]\d+)?)`,
  ].join('|'),
  'g',
);

/** The text in order; joined, the pieces give it back. */
export function piecesOf(code: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of code.matchAll(PIECES)) {
    if (match.index > at) pieces.push({ kind: 'plain', text: code.slice(at, match.index) });
    const { comment, keyword } = match.groups!;
    const kind = comment ? 'comment' : keyword ? 'keyword' : 'number';
    pieces.push({ kind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < code.length) pieces.push({ kind: 'plain', text: code.slice(at) });
  return pieces;
}
