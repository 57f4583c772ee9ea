/**
 * A proxy that answers nothing and notes every address it is asked for. A browser sent through it
 * reaches its own machine directly and nothing else, whoever in it asks: page, worker or service
 * worker.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Outside {
  /** The flag that sends a Chromium through it. */
  readonly flag: string;
  /** What was asked for beyond this machine. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function openOutside(): Promise<Outside> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    flag: `--proxy-server=http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
