/**
 * What Solid's compiled components import in the place of `solid-js/web` (vite.config.ts): the same
 * functions, and `template` through a Trusted Types policy. Templates are the only markup that this
 * page ever parses, and they are constants of the compiled code; text goes into their clones as text.
 */
import { untrack } from 'solid-js';

export * from 'solid-js/web';

/** What no template holds: handlers are attached, styles are classes. */
const CODE =
  /<(script|iframe|object|embed|base|link|meta)\b|<[^>]*[\s"'/]on[a-z]+\s*=|=\s*["']?javascript:/i;

/** @throws {TypeError} for markup that would run something */
export function checkTemplate(markup: string): string {
  if (!CODE.test(markup)) return markup;
  throw new TypeError('A template of this page holds code; attach a handler instead.');
}

const rules = { createHTML: checkTemplate };
const policy = globalThis.trustedTypes?.createPolicy('templates', rules) ?? rules;

/** A function that clones the element of a template; it is parsed at the first call. */
export function template(
  markup: string,
  isImportNode?: boolean,
  isSvg?: boolean,
  isMathMl?: boolean,
): () => Node {
  let node: Node | undefined;
  const parse = (): Node => {
    const holder = (
      isMathMl
        ? document.createElementNS('http://www.w3.org/1998/Math/MathML', 'template')
        : document.createElement('template')
    ) as HTMLTemplateElement;
    holder.innerHTML = policy.createHTML(markup);
    const root = isMathMl ? holder : holder.content;
    return isSvg ? root.firstChild!.firstChild! : root.firstChild!;
  };
  const parsed = () => {
    node ??= parse();
    return node;
  };
  const clone = isImportNode
    ? () => untrack(() => document.importNode(parsed(), true))
    : () => parsed().cloneNode(true);
  // Solid reads either.
  return Object.assign(clone, { cloneNode: clone });
}
