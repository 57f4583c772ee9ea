/** How a token is written where its spaces matter. */

/** White space made visible: a leading space as ·, a line's end as ↵, nothing as ∅. */
export function visibleToken(token: string): string {
  return token.replaceAll('\n', '↵').replace(/^ /, '·') || '∅';
}
