/**
 * A proxy that answers nothing and notes every address it is asked for. A browser sent through it
 * reaches its own machine directly and nothing else, whoever in it asks: page, worker or service
 * worker. What Chromium asks for on its own account, with no page open too, is passed over.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Chromium's updates, form filling and sign-in; but not where fonts and libraries are served. */
const ITS_OWN = /^(?!(ajax|fonts|storage)\.).*\.(google|googleapis|gvt1)\.com$/;

/** Host of `http://host/path` or of CONNECT's `host:port`. */
const hostOf = (address: string) =>
  new URL(/^\w+:\/\//.test(address) ? address : `https://${address}`).hostname;

export interface Outside {
  /** The flag that sends a Chromium through it. */
  readonly flag: string;
  /** What was asked for beyond this machine. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function openOutside(): Promise<Outside> {
  const asked: string[] = [];
  const note = (address: string) => {
    if (!ITS_OWN.test(hostOf(address))) asked.push(address);
  };
  const server = createServer((request, response) => {
    note(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    note(request.url ?? '');
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
