/**
 * Where the browsers are and how they are started so that WebGPU is there.
 * Nothing here downloads anything: `scripts/install-browsers.mjs` does that.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UsageError } from './command.mjs';

/** Flags that give a headless Chromium WebGPU on any machine (SwiftShader where there is no GPU). */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const CHROMIUM_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const FIREFOX_PLACES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

export const BROWSERS = /** @type {const} */ (['chromium', 'firefox']);

/** @typedef {typeof BROWSERS[number]} BrowserName */

/**
 * @param {string | undefined} named a path given by the user, tried first
 * @param {string[]} places
 */
const firstThere = (named, places) =>
  [named, ...places].find((path) => path !== undefined && path !== '' && existsSync(path));

/** The Chromium that `npx playwright-core install chromium` downloads, when it is there. */
function playwrightsChromium() {
  const { chromium } = createRequire(import.meta.url)('playwright-core');
  return firstThere(chromium.executablePath(), []);
}

/** The Chromium to use (`CHROMIUM_PATH` first), or undefined. */
export const findChromium = () =>
  firstThere(process.env.CHROMIUM_PATH, CHROMIUM_PLACES) ?? playwrightsChromium();

/** The Firefox to use (`FIREFOX_PATH` first), or undefined. */
export const findFirefox = () => firstThere(process.env.FIREFOX_PATH, FIREFOX_PLACES);

/**
 * @param {BrowserName} name
 * @returns {string} the path of its executable
 * @throws {UsageError} when it is not on this machine
 */
export function browserPath(name) {
  const path = name === 'firefox' ? findFirefox() : findChromium();
  if (path) return path;
  throw new UsageError(
    name === 'firefox'
      ? 'No Firefox was found; install one (Debian: apt-get install firefox-esr mesa-vulkan-drivers) or set FIREFOX_PATH.'
      : 'No Chromium was found; install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.',
  );
}

/** Preferences that give Firefox WebGPU in pages and in workers, on software adapters too. */
export const FIREFOX_PREFS = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'dom.webgpu.workers.enabled': true,
};

/** The environment of a browser: headless Linux machines often lack a runtime folder. */
export function browserEnvironment() {
  const { env } = process;
  return process.platform === 'linux' && !env.XDG_RUNTIME_DIR
    ? { ...env, XDG_RUNTIME_DIR: '/tmp' }
    : env;
}
