/** `npm start`: builds the page, serves it, and opens the browser. `--port N`, `--no-open`. */
import { spawn } from 'node:child_process';
import { buildPage, DIST } from './build.mjs';
import { main, parseOptions, wholeNumber } from './command.mjs';
import { serve } from './serve.mjs';

const PORT = 4173;

/** @param {string} address */
function openBrowser(address) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', address]
        : ['xdg-open', address];
  // Without a desktop there is nothing to open; the printed address is enough.
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

await main(async () => {
  const { values } = parseOptions(process.argv.slice(2), {
    port: { type: 'string' },
    'no-open': { type: 'boolean' },
  });
  const port = wholeNumber(values, 'port', [1, 65_535]) ?? PORT;
  // The port first: nobody should wait for a build to hear that it is taken.
  const { address } = await serve({ folder: DIST, port });
  await buildPage();
  console.log(`Pocket RLHF is at ${address} (stop with Ctrl-C)`);
  if (!values['no-open'] && !process.env.CI) openBrowser(address);
});
