import { createReadStream } from 'node:fs';
import { cp, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { assetFolder } from '#platform';
import { CodedError, text } from '../base/index.js';
import { command } from './command.js';
import { print, printJson, say } from './output.js';
import { portFlag, untilSignal } from './serving.js';

/** Path in the page → what the package has of it. */
const FOLDERS = {
  '': 'dist/page/site',
  model: 'weights/fashion-mnist-resnet18',
  samples: 'samples/fashion-mnist',
} as const;

export const page = command({
  usage: 'page',
  describe: 'A local page: model and images in, verdict and report out, computed by the browser; nothing is uploaded',
  options: {
    port: portFlag.default(7576).flag('On 127.0.0.1; 0: any'),
    out: text().flag('Folder to make instead: all files of the page, for any host'),
  },
  outputs: ['out'],
  serves: true,
  examples: [
    ['page', 'Open the address that it prints'],
    ['page --out site', 'Files to put on a host of your own'],
  ],
  async run(args) {
    if (args.out !== undefined) return write(args.out, args.quiet);
    const { url, close } = await startPage(args.port);
    const ended = untilSignal();
    if (args.json) printJson({ url });
    else print(url);
    say(args.quiet, 'Open it in a browser; what it is given stays on this machine. Ctrl-C ends it.');
    await ended;
    close();
  },
});

/** @param port 0: any @throws CodedError `PORT_IN_USE` */
export async function startPage(port: number): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => void serve(request, response));
  const url = await listening(server, port);
  return {
    url,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function write(out: string, quiet: boolean): Promise<void> {
  for (const [place, folder] of Object.entries(FOLDERS)) {
    await cp(assetFolder(folder), join(out, place), { recursive: true });
  }
  print(resolve(out));
  say(quiet, 'With the headers of docs/page.md its engine has all cores; without them, one.');
}

function listening(server: Server, port: number): Promise<string> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      fail(
        isTaken
          ? new CodedError('PORT_IN_USE', `port ${port} is in use`, { hint: 'Give another --port, or 0 for any.' })
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-security-policy': "connect-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

async function serve({ method, url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  // A name that resolves to this machine is a page of somebody else.
  const isOurs = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '');
  const path = isOurs && (method === 'GET' || method === 'HEAD') ? pathOf(url) : null;
  const found = path === null ? null : await stat(path).catch(() => null);
  if (path === null || !found?.isFile()) return void response.writeHead(404, HEADERS).end();
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { ...HEADERS, 'content-type': type, 'content-length': found.size });
  if (method === 'HEAD') response.end();
  else
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
}

const FILE = /^\/(?:(model|samples)\/)?([\w-][\w.-]*)?$/;

/** Null for what is no file of the page. */
function pathOf(url: string): string | null {
  const [, folder = '', name = 'index.html'] = FILE.exec(url.split('?')[0]!) ?? [];
  return FILE.test(url.split('?')[0]!) ? join(assetFolder(FOLDERS[folder as keyof typeof FOLDERS]), name) : null;
}
