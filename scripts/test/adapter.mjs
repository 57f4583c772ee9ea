/** Asks a Chromium for its WebGPU adapter, before any test depends on one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserEnvironment, CHROMIUM_ARGS } from '../browsers.mjs';
import { CommandError } from '../command.mjs';
import { serve } from '../serve.mjs';

/**
 * @param {string} executablePath
 * @returns {Promise<string>} the adapter's name
 * @throws {CommandError} when the browser does not start or offers no adapter
 */
export async function adapterName(executablePath) {
  const folder = mkdtempSync(join(tmpdir(), 'pocket-rlhf-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>adapter</title>');
  const { address, close } = await serve({ folder });
  const browser = await chromium
    .launch({ executablePath, args: CHROMIUM_ARGS, env: browserEnvironment() })
    .catch((error) => {
      throw new CommandError(`${executablePath} does not start: ${error.message}`);
    });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    const name = await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      return adapter && `${adapter.info.vendor} ${adapter.info.architecture}`.trim();
    });
    if (name) return name;
    throw new CommandError(
      `${executablePath} offers no WebGPU adapter, so the tests cannot run; install a current Chromium with its SwiftShader, or a Vulkan driver.`,
    );
  } finally {
    await browser.close();
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}
