/** Finds a Chromium, or installs one the way this machine allows. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from './browsers.mjs';
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

const isDebianRoot = () => existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;

/**
 * @returns {string} the path of a Chromium
 * @throws {CommandError} with what to install, when neither way worked
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  console.log('No Chromium on this machine; installing one.');
  if (isDebianRoot()) {
    succeeds('apt-get', ['update', '-qq']);
    succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
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
