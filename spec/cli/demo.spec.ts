/** `demo` on the bundled images: the longest of all commands, so `.ci/run` runs it in its step `demo`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onlyInAllChecks } from '../support/checks.js';
import { runCli } from '../support/run-cli.js';
import { temporaryFolder } from '../support/temporary.js';

onlyInAllChecks('the demo', () => {
  test('the demo runs, and its numbers are in order', () => {
    const out = temporaryFolder();
    const { status, stdout, stderr } = runCli(['demo', '--out', out]);
    assert.is(status, 0, stderr);
    const distances = [...stdout.matchAll(/week_\d +1,500 +(\d+\.\d+) % +(\d\.\d+)/g)].map((m) => [
      Number(m[1]),
      Number(m[2]),
    ]);
    assert.is(distances.length, 3, stdout);
    const [[a1, d1], [a2, d2], [a3, d3]] = distances as [[number, number], [number, number], [number, number]];
    assert.ok(d1 < d2 && d2 < d3, `${d1} ${d2} ${d3}`);
    assert.ok(a1 > a2 && a2 > a3, `${a1} ${a2} ${a3}`);
    assert.match(stderr, 'image-drift drift');
    for (const name of ['reference.parquet', 'week_1.parquet', 'week_2.parquet', 'week_3.parquet', 'profile.json']) {
      assert.ok(existsSync(join(out, name)));
    }
    assert.is(JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8')).rows, 2000);
  });
});

test.run();
