import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert, packageRoot, temporaryFolder, test } from '../support/test.js';

interface Result {
  output: string;
  total: number | null;
  passed: number;
  processor: number;
  failure: string | null;
}

interface Runner {
  run(spec: { name: string; file: string }, limitSeconds: number): Promise<Result>;
  end(milliseconds?: number): Promise<string | null>;
}

const { SpecProcess } = (await import(pathToFileURL(join(packageRoot, 'scripts', 'spec', 'run.mjs')).href)) as {
  SpecProcess: new () => Runner;
};
const folder = temporaryFolder();
const uvu = pathToFileURL(join(packageRoot, 'node_modules', 'uvu', 'dist', 'index.mjs')).href;
const LIMIT = 60;

function spec(name: string, body: string): { name: string; file: string } {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { test } from '${uvu}';\ntest('it', async () => { ${body} });\ntest.run();\n`);
  return { name, file };
}

async function alone(one: { name: string; file: string }): Promise<Result> {
  const runner = new SpecProcess();
  const result = await runner.run(one, LIMIT);
  const end = await runner.end();
  return { ...result, failure: result.failure ?? end };
}

test('files share a process; each has its own counts and output, and finds the environment as it was', async () => {
  const runner = new SpecProcess();
  const change = "process.env.LEFT = 'x'; delete process.env.PATH; process.chdir('/'); console.log('said by one');";
  const one = await runner.run(spec('one', `${change} globalThis.pid = process.pid;`), LIMIT);
  const two = await runner.run(
    spec(
      'two',
      `if (process.env.LEFT || !process.env.PATH || process.cwd() === '/') throw new Error('not as it was');
       if (globalThis.pid !== process.pid) throw new Error('another process'); console.error('said by two');`,
    ),
    LIMIT,
  );
  assert.equal([one.failure, one.total, one.passed], [null, 1, 1]);
  assert.equal([two.failure, two.total, two.passed], [null, 1, 1], two.output);
  assert.match(one.output, 'said by one');
  assert.not.match(one.output, 'said by two');
  assert.match(two.output, 'said by two');
  assert.not.match(two.output, 'said by one');
  assert.is(await runner.end(), null);
});

test('a failed test, and one that ends or hangs its process, fail; the next file gets a process', async () => {
  const runner = new SpecProcess();
  const failed = await runner.run(spec('failed', "throw new Error('wrong');"), LIMIT);
  assert.is(failed.failure, 'failed 1 of 1');
  assert.match(failed.output, 'wrong');
  const ended = await runner.run(spec('ended', "console.log('last words'); process.exit(0);"), LIMIT);
  assert.ok(ended.failure);
  assert.match(ended.output, 'last words');
  const thrown = await runner.run(
    spec('thrown', "setTimeout(() => { throw new Error('late'); }); await new Promise((r) => setTimeout(r, 5000));"),
    LIMIT,
  );
  assert.ok(thrown.failure);
  assert.match(thrown.output, 'late');
  const waits = await runner.run(spec('waits', 'await new Promise(() => {});'), LIMIT);
  assert.ok(waits.failure);
  const hung = await runner.run(spec('hung', 'for (;;);'), 1);
  assert.is(hung.failure, 'did not end within 1 s');
  assert.is((await runner.run(spec('after', ''), LIMIT)).failure, null);
  assert.is(await runner.end(), null);
});

test('a file without tests, and one that is not built, fail', async () => {
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  assert.match((await alone({ name: 'empty', file: empty })).failure!, 'has no tests');
  writeFileSync(join(folder, 'skips.mjs'), "console.log('SKIPPED (no data): it');\n");
  assert.is((await alone({ name: 'skips', file: join(folder, 'skips.mjs') })).failure, null);
  assert.match((await alone({ name: 'none', file: join(folder, 'none.mjs') })).failure!, 'is not built');
});

test('what a file leaves open is told at the end of its process', async () => {
  const runner = new SpecProcess();
  const left = await runner.run(spec('left', 'setInterval(() => {}, 1000);'), LIMIT);
  assert.is(left.failure, null);
  assert.match((await runner.end(500))!, /left open that keeps a process alive, by one of left$/);

  const orphan = `const { spawn } = await import('node:child_process');
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: ['ignore', 'inherit', 'ignore'] }).unref();`;
  const behind = await runner.run(spec('behind', orphan), LIMIT);
  assert.is(behind.failure, null);
  assert.match((await runner.end(1_000))!, /a process is left behind that still holds the output, by one of behind$/);
});
