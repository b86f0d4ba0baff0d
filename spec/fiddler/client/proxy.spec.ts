/**
 * Proxies from the environment, and a certificate authority of one's own.
 * @long: each test starts processes
 */
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type Listening, listen } from '../../support/listening.js';
import { assert, packageRoot, test } from '../../support/test.js';
import { PROJECT, SECRET } from './support/client.js';
import { certificate, closedUrl, type ScriptedServer, serve } from './support/scripted-server.js';

const room = pathToFileURL(join(packageRoot, 'dist', 'fiddler', 'client', 'index.js')).href;
const program = `
  const { FiddlerClient } = await import(${JSON.stringify(room)});
  const client = FiddlerClient.fromEnvironment({ insecureHttp: true, retry: { windowSeconds: 3, firstContactSeconds: 3, firstWaitSeconds: 0.1 } });
  try { console.log((await client.projects.get('p1')).name); }
  catch (error) { console.log(error.code, error.message, error.hint); }
`;

function run(env: Record<string, string>): Promise<string> {
  const { PATH = '' } = process.env;
  const options = { env: { PATH, FIDDLER_TOKEN: SECRET, ...env } };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '-e', program], options, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve(`${stdout}${stderr}`);
    });
  });
}

interface Proxy extends Listening {
  /** `CONNECT host:port`, or the method and the whole address. */
  asked: string[];
  headers: IncomingMessage['headers'][];
}

/** Leads every tunnel and every request to `target`, or refuses them with `status`. */
async function openProxy(target: ScriptedServer, status = 200): Promise<Proxy> {
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const { hostname, port } = new URL(target.url);
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    if (status !== 200) response.writeHead(status).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: PROJECT }));
  });
  const sockets: Duplex[] = [];
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(`CONNECT ${request.url}`);
    headers.push(request.headers);
    sockets.push(socket.on('error', () => {}));
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const through = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.pipe(socket).pipe(through);
    }).on('error', () => socket.destroy());
    sockets.push(through);
  });
  const listening = await listen(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return listening.close();
  };
  return { url: listening.url, asked, headers, close };
}

interface Way {
  /** Speaks TLS. */
  tenant: ScriptedServer;
  /** Leads to it. */
  through: Proxy;
}

/** A tenant and a proxy for one test, closed also when it fails: an open one would keep the specs from ending. */
function through(name: string, use: (way: Way) => Promise<void>, status = 200): void {
  test(name, async () => {
    const tenant = await serve([{ data: PROJECT }], 'https');
    const proxy = await openProxy(tenant, status);
    try {
      await use({ tenant, through: proxy });
    } finally {
      await proxy.close();
      await tenant.close();
    }
  });
}

through('NODE_EXTRA_CA_CERTS makes a certificate of one’s own trusted', async ({ tenant }) => {
  assert.is(await run({ FIDDLER_URL: tenant.url, NODE_EXTRA_CA_CERTS: certificate }), `${PROJECT.name}\n`);
  assert.match(await run({ FIDDLER_URL: tenant.url }), /^TLS_FAILED .*NODE_EXTRA_CA_CERTS/);
});

through('https goes through a tunnel, in which the proxy sees nothing', async ({ tenant, through: proxy }) => {
  const env = { FIDDLER_URL: 'https://tenant.invalid', NODE_EXTRA_CA_CERTS: certificate, HTTPS_PROXY: proxy.url };
  assert.is(await run(env), `${PROJECT.name}\n`);
  assert.equal(proxy.asked, ['CONNECT tenant.invalid:443']);
  assert.not.match(JSON.stringify(proxy.headers), SECRET);
  assert.is(tenant.asked[0]?.headers.authorization, `Bearer ${SECRET}`);
});

through('NO_PROXY goes past it; so does the loopback', async ({ tenant, through: proxy }) => {
  const env = { NODE_EXTRA_CA_CERTS: certificate, HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
  const past = await run({ ...env, FIDDLER_URL: 'https://tenant.invalid', NO_PROXY: 'other.invalid,tenant.invalid' });
  assert.match(past, /^UNREACHABLE .*no host of that name/);
  assert.is(await run({ ...env, FIDDLER_URL: tenant.url }), `${PROJECT.name}\n`);
  assert.equal(proxy.asked, []);
});

through('plain http goes through it as a plain request', async ({ through: proxy }) => {
  assert.is(await run({ FIDDLER_URL: 'http://tenant.invalid', HTTP_PROXY: proxy.url }), `${PROJECT.name}\n`);
  assert.equal(proxy.asked, ['GET http://tenant.invalid/v3/projects/p1']);
});

for (const [status, expected] of [
  [407, /^PROXY_UNAUTHORIZED .*user and a password/],
  [403, /^UNREACHABLE .*status 403/],
  [502, /^UNREACHABLE .*status 502.*try \d/],
] as const) {
  through(
    `a proxy that answers ${status}`,
    async ({ tenant, through: proxy }) => {
      const printed = await run({ FIDDLER_URL: 'https://tenant.invalid', HTTPS_PROXY: proxy.url });
      assert.match(printed, expected);
      assert.is(tenant.asked.length, 0);
      assert.ok(status === 502 ? proxy.asked.length > 1 : proxy.asked.length === 1);
    },
    status,
  );
}

test('a proxy that is not there, and one whose address is none; its password is not shown', async () => {
  const gone = (await closedUrl()).replace('http://', 'http://ada:hunter2@');
  const printed = await run({ FIDDLER_URL: 'https://tenant.invalid', HTTPS_PROXY: gone });
  assert.match(printed, /^UNREACHABLE .*HTTPS_PROXY/);
  assert.not.match(printed, /hunter2/);
  const odd = await run({ FIDDLER_URL: 'https://tenant.invalid', HTTPS_PROXY: 'ada:hunter2@:x' }).catch(String);
  assert.match(odd, /PROXY_INVALID/);
  assert.not.match(odd, /hunter2/);
});
