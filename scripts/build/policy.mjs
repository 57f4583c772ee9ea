/**
 * What the page may load and run, written once: the build puts it into every page, `npm start`
 * sends it with every file, workers and service worker included. Nothing comes from elsewhere, no
 * code stands in the markup or is made of text, and with Trusted Types (where the browser has them)
 * no text becomes markup or an address of a script but through two policies: `templates`
 * (src/ui/template.ts) and `own-scripts` (workers/own_script.ts).
 */
const DIRECTIVES = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types templates own-scripts',
];

/** For a page's own `<meta>`. */
export const META_POLICY = DIRECTIVES.join('; ');

/** A page cannot forbid by itself to be framed, or isolate itself: the host has to. */
export const HEADERS = {
  'Content-Security-Policy': [...DIRECTIVES, "frame-ancestors 'none'"].join('; '),
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
