/**
 * Addresses that become running code: the page's own workers and its service worker. With Trusted
 * Types the browser takes none but from here, and here none is given that lies elsewhere.
 */

/** The part of Trusted Types that is used; undefined where the browser has none. */
declare global {
  var trustedTypes:
    | { createPolicy<Rules extends object>(name: string, rules: Rules): Rules }
    | undefined;
}

/** @throws {TypeError} for an address of another origin, or one that carries its code with it */
export function checkOwn(address: string): string {
  const { origin, protocol, href } = new URL(address, location.href);
  if (origin === location.origin && /^https?:$/.test(protocol)) return href;
  throw new TypeError(`Only the page's own scripts run here, not ${protocol}//${origin}.`);
}

const rules = { createScriptURL: checkOwn };
const policy = globalThis.trustedTypes?.createPolicy('own-scripts', rules) ?? rules;

/** A script of this page's origin, as `Worker` and `register` take it. @throws {TypeError} */
export const ownScript = (address: string): string => policy.createScriptURL(address);
