/** The static server gives the folder, all of it, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';

const top = mkdtempSync(join(tmpdir(), 'serve-'));
const folder = join(top, 'dist');
let site: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'assets', 'a.wasm'), 'wasm');
  writeFileSync(join(top, 'secret.txt'), 'secret');
  symlinkSync(join(top, 'secret.txt'), join(folder, 'link.txt'));
  site = await serve({ folder, prefix: '/sub' });
});

afterAll(async () => {
  await site.close();
  rmSync(top, { recursive: true });
});

/** A request whose path reaches the server as it stands; fetch would tidy it first. */
const raw = (path: string, method = 'GET') =>
  new Promise<{ status: number; body: string }>((done, failed) => {
    const asked = request({ host: '127.0.0.1', port: site.port, path, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => done({ status: response.statusCode!, body }));
    });
    asked.on('error', failed).end();
  });

test('a folder answers with its index, a file with its type', async () => {
  const index = await fetch(`${site.address}/`);
  expect(await index.text()).toBe('<p>page</p>');
  expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const wasm = await fetch(`${site.address}/assets/a.wasm`);
  expect(wasm.headers.get('content-type')).toBe('application/wasm');
  expect(wasm.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(wasm.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(wasm.headers.get('content-security-policy')).toContain(
    "require-trusted-types-for 'script'",
  );
});

test.each([
  '/sub/../secret.txt',
  '/sub/../../secret.txt',
  '/sub/%2e%2e/secret.txt',
  '/sub/..%2fsecret.txt',
  '/sub/assets/..%2f..%2fsecret.txt',
  '/sub//../secret.txt',
  '/sub/link.txt',
  '/sub/index.html%00',
  '/secret.txt',
])('%s leads nowhere', async (path) => {
  const { status, body } = await raw(path);
  expect(status).toBe(404);
  expect(body).not.toContain('secret');
});

test('broken encoding and other methods are refused', async () => {
  expect((await raw('/sub/%zz')).status).toBe(400);
  expect((await raw('/sub/index.html', 'DELETE')).status).toBe(405);
  expect(await raw('/sub/index.html', 'HEAD')).toEqual({ status: 200, body: '' });
});

test('a busy port is refused in one sentence', async () => {
  await expect(serve({ folder, port: site.port })).rejects.toThrow(
    `Port ${site.port} is taken by another program; choose another with --port.`,
  );
});
