/**
 * Files between the page and this process, over the local server: quicker than the automation
 * protocol and the same in both browsers. Only names that were asked for pass, and only with a key
 * that other pages of this machine's browsers do not know.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const NAME = /^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/;

export class Transfer {
  /**
   * @param {import('./folder.mjs').RunFolder} folder where files of the run go
   * @param {string | undefined} base folder of the imported model
   * @param {readonly string[]} baseNames its files
   */
  constructor(folder, base, baseNames) {
    this.folder = folder;
    this.base = base;
    this.baseNames = baseNames;
    this.key = randomUUID();
    /** @type {Set<string>} */
    this.expected = new Set();
  }

  /** Address of a file of the run, to POST to. @param {string} name */
  target(name) {
    if (!NAME.test(name)) throw new Error(`'${name}' is no name for a file of a run`);
    this.expected.add(name);
    return `__lab/file?name=${encodeURIComponent(name)}&key=${this.key}`;
  }

  /** Addresses of the imported model's files by name, to GET. */
  sources() {
    return Object.fromEntries(
      this.baseNames.map((name) => [
        name,
        `__lab/base?name=${encodeURIComponent(name)}&key=${this.key}`,
      ]),
    );
  }

  /** @returns {Record<string, import('../serve.mjs').Route>} */
  routes() {
    return {
      '/__lab/file': async (request, response, url) => {
        const name = url.searchParams.get('name') ?? '';
        const known = url.searchParams.get('key') === this.key && this.expected.delete(name);
        if (request.method !== 'POST' || !known) {
          // The rest of the body is not waited for.
          return void response.writeHead(403, { Connection: 'close' }).end();
        }
        await pipeline(request, createWriteStream(this.folder.partial(name)));
        this.folder.finish(name);
        response.writeHead(204).end();
      },
      '/__lab/base': async (request, response, url) => {
        const name = url.searchParams.get('name') ?? '';
        const known = url.searchParams.get('key') === this.key && this.baseNames.includes(name);
        if (request.method !== 'GET' || !known || this.base === undefined) {
          return void response.writeHead(403).end();
        }
        await pipeline(createReadStream(join(this.base, name)), response);
      },
    };
  }
}
