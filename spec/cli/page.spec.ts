/** `image-drift page` as a process: its address, its headers, what it serves, and how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { assert, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

/** `fetch` would tidy the path, and set the host. */
function status(url: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((done, fail) => {
    const asked = request(new URL(url), { path, headers }, (answer) => {
      answer.resume();
      done(answer.statusCode!);
    });
    asked.on('error', fail).end();
  });
}

test('it serves its own files with the headers that threads need, and nothing else, until a signal', async () => {
  const server = spawn(process.execPath, [
    join(packageRoot, 'dist', 'cli', 'main.js'),
    'page',
    '--port',
    '0',
    '--quiet',
  ]);
  try {
    const [url] = (await once(createInterface(server.stdout), 'line')) as [string];
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(url);
    assert.is(page.headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.is(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
    assert.match(await page.text(), "default-src 'none'");
    for (const path of ['/pipeline.js', '/model/model.json', '/samples/reference.npz'])
      assert.is(await status(url, path), 200, path);
    for (const path of ['/../../package.json', '/model/../index.html', '/%2e%2e/x', '/nothing.js', '//host/index.html'])
      assert.is(await status(url, path), 404, path);
    assert.is(await status(url, '/', { host: 'elsewhere.example' }), 404);
  } finally {
    server.kill('SIGTERM');
  }
  const [code] = (await once(server, 'exit')) as [number];
  assert.is(code, 0);
});

test('--out writes all that a host needs', () => {
  const out = join(temporaryFolder(), 'site');
  const { status, stderr } = runCli(['page', '--out', out]);
  assert.is(status, 0, stderr);
  for (const name of [
    'index.html',
    'page.js',
    'pipeline.js',
    'worker.js',
    'image-worker.js',
    'model/model.json',
    'samples/production.npz',
  ])
    assert.ok(existsSync(join(out, name)), name);
  assert.not.match(readFileSync(join(out, 'index.html'), 'utf8'), 'POLICY');
});
