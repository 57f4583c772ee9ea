/**
 * Where the browsers are and how they are started so that WebGPU is there.
 * Nothing here downloads anything: `scripts/install-chromium.mjs` does that.
 */
import { existsSync } from 'node:fs';

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

/**
 * @param {string | undefined} named a path given by the user, tried first
 * @param {string[]} places
 */
const firstThere = (named, places) =>
  [named, ...places].find((path) => path !== undefined && path !== '' && existsSync(path));

/** The Chromium to use (`CHROMIUM_PATH` first), or undefined. */
export const findChromium = () => firstThere(process.env.CHROMIUM_PATH, CHROMIUM_PLACES);

/** The Firefox to use (`FIREFOX_PATH` first), or undefined. */
export const findFirefox = () => firstThere(process.env.FIREFOX_PATH, FIREFOX_PLACES);

/** Preferences that give Firefox WebGPU in pages and in workers, on software adapters too. */
export const FIREFOX_PREFS = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'dom.webgpu.workers.enabled': true,
};
