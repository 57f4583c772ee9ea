/**
 * A static server for `dist/` on 127.0.0.1, with the headers that a good host would send.
 * Answers GET and HEAD; whatever else a command needs is a route of its own.
 */
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { HEADERS } from './build/policy.mjs';
import { UsageError } from './command.mjs';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'application/jsonl; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.wgsl': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

const ADVICE = 'choose another with --port';

/**
 * @typedef {(request: import('node:http').IncomingMessage,
 *   response: import('node:http').ServerResponse, url: URL) => Promise<void> | void} Route
 */

/**
 * @typedef {object} Serving
 * @property {string} address `http://127.0.0.1:PORT` and the prefix, without a trailing slash
 * @property {number} port
 * @property {() => Promise<void>} close
 */

/**
 * The file that a path names, or undefined. Never one outside the folder, also not by a link.
 * @param {string} folder
 * @param {string} path decoded, with a leading slash
 */
export function fileAt(folder, path) {
  if (path.includes('\0')) return undefined;
  let file = resolve(join(folder, path));
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) file = join(file, 'index.html');
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  const inside = realpathSync(folder) + sep;
  return realpathSync(file).startsWith(inside) ? file : undefined;
}

/**
 * @param {object} options
 * @param {string} options.folder what is served
 * @param {number} [options.port] 0 or none: any free one
 * @param {string} [options.prefix] a sub-path such as '/a/b'
 * @param {Record<string, Route>} [options.routes] by exact path below the prefix
 * @param {Record<string, string>} [options.headers] sent with every answer
 * @param {string} [options.advice] what to do when the port is taken
 * @returns {Promise<Serving>}
 * @throws {UsageError} when the port is taken
 */
export async function serve({
  folder,
  port = 0,
  prefix = '',
  routes = {},
  headers = HEADERS,
  advice = ADVICE,
}) {
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      await answer(request, response);
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error instanceof Error ? error.message : error));
    }
  });

  /** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
  async function answer(request, response) {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const path = decoded(url.pathname);
    if (path === undefined) return void response.writeHead(400).end();
    if (!path.startsWith(`${prefix}/`)) return void response.writeHead(404).end('not found');
    const route = routes[path.slice(prefix.length)];
    if (route) return void (await route(request, response, url));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    }
    const file = fileAt(folder, path.slice(prefix.length));
    if (!file) return void response.writeHead(404).end('not found');
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Length': statSync(file).size,
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file).pipe(response);
  }

  await new Promise((done, failed) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      failed(
        error.code === 'EADDRINUSE'
          ? new UsageError(`Port ${port} is taken by another program; ${advice}.`)
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => done(undefined));
  });
  const bound = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return {
    address: `http://127.0.0.1:${bound}${prefix}`,
    port: bound,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {string} path
 * @returns {string | undefined} undefined when it is not valid percent-encoding
 */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
