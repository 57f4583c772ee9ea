/** Finds the browsers that the tests run in, or installs them the way this machine allows. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium, findFirefox } from './browsers.mjs';
import { CommandError, ROOT } from './command.mjs';

/**
 * @param {string} command
 * @param {string[]} args
 */
const succeeds = (command, args) =>
  spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** @param {string[]} packages where this is a Debian and we may */
function installPackages(...packages) {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return;
  succeeds('apt-get', ['update', '-qq']);
  succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

/**
 * @returns {string} the path of a Chromium
 * @throws {CommandError} with what to install, when neither way worked
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  console.log('No Chromium on this machine; installing one.');
  installPackages('chromium');
  if (!findChromium()) {
    const playwright = fileURLToPath(new URL('node_modules/playwright-core/cli.js', ROOT));
    succeeds(process.execPath, [playwright, 'install', 'chromium']);
  }
  const installed = findChromium();
  if (installed) return installed;
  throw new CommandError(
    'No Chromium could be installed; install Chromium or Chrome yourself, or set CHROMIUM_PATH to one.',
  );
}

/**
 * With the Vulkan drivers that give it an adapter on a Linux without a GPU.
 * @returns {string} the path of a Firefox
 * @throws {CommandError} with what to install, when that did not work
 */
export function ensureFirefox() {
  const found = findFirefox();
  if (found) return found;
  console.log('No Firefox on this machine; installing one.');
  installPackages('firefox-esr', 'mesa-vulkan-drivers');
  const installed = findFirefox();
  if (installed) return installed;
  throw new CommandError(
    'No Firefox could be installed; install Firefox yourself, or set FIREFOX_PATH to one.',
  );
}
