import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBeside, runBesideAlone } from '../../support/run-beside.js';
import { assert, endedWith, longTest, printedJson, temporaryFolder } from '../../support/test.js';
import { assertOnce, createModel, localFiddler, scenes, storedIdsOf, TOKEN } from './local-fiddler.js';
import { writeEvents } from './publish-support.js';

const NAMES = ['--project', 'images', '--model', 'resnet18'];

/** In a process of its own where it is to be killed or limited. */
function run(folder: string, url: string, args: string[], onStart?: (child: ChildProcess) => void, limit?: string) {
  const env = { FIDDLER_URL: url, FIDDLER_TOKEN: TOKEN };
  const alone = onStart !== undefined || limit !== undefined;
  const words = ['publish', ...args];
  return alone ? runBesideAlone(words, { cwd: folder, env, onStart, limit }) : runBeside(words, { cwd: folder, env });
}

const scene = scenes(async (options: { jobSeconds?: number } = {}) => {
  const fiddler = await localFiddler(options);
  const model = await createModel(fiddler.client, 8, 'images');
  return { ...fiddler, folder: temporaryFolder(), modelId: model.id };
});

const recent = (row: number) => Date.now() - 86_400_000 - row * 1_000;

scene(
  'publishes, says so, and the second time changes nothing and says so',
  async ({ folder, emulator, client, modelId }) => {
    const file = await writeEvents(folder, 'a', 50, { timestamp: recent });
    const first = endedWith(0, await run(folder, emulator.url, [file, ...NAMES]));
    assert.match(first.stdout, /50 events of production of resnet18: 50 sent/);
    const requests = emulator.traffic().requests;
    const second = endedWith(0, await run(folder, emulator.url, [file, ...NAMES]));
    assert.match(second.stdout, /all there already, nothing was sent/);
    assert.ok(emulator.traffic().requests - requests <= 5, 'server, project, model');
    assertOnce(await storedIdsOf(client, modelId), 50);
    const json = await run(folder, emulator.url, [file, ...NAMES, '--json', '--baseline', 'reference']);
    const { rows, sent, finished } = printedJson(json);
    assert.equal([rows, sent, finished], [50, 50, true]);
    const token = [first, second, json].some(({ stdout, stderr }) => (stdout + stderr).includes('secretsecret'));
    assert.not.ok(token, 'the token is in no output');
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.jsonl'))) {
      assert.not.match(readFileSync(join(folder, name), 'utf8'), /secretsecret/);
    }
    assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.lock')));
  },
);

scene('a dry run sends nothing, with a server and without', async ({ folder, emulator }) => {
  const file = await writeEvents(folder, 'a', 50);
  const flags = [file, ...NAMES, '--timestamps', 'spread', '--days', '2', '--rows-per-day', '20', '--dry-run'];
  const told = endedWith(0, await run(folder, emulator.url, flags));
  assert.match(told.stdout, /POST \/v3\/files\/upload, POST \/v3\/events +\S+a\.parquet +20 /);
  assert.match(told.stdout, /40 events, [\d,]+ bytes/);
  assert.match(told.stdout, /Nothing was sent/);
  const posts = Object.keys(emulator.traffic().byRoute).filter((route) => /events|files/.test(route));
  assert.equal(posts, []);
  assert.match(endedWith(0, await run(folder, '', flags)).stdout, /Not checked against the model/);
  const wrong = endedWith(4, await run(folder, emulator.url, [file, ...NAMES, '--dry-run']));
  assert.match(wrong.stdout, /error PUBLISH_NO_TIMESTAMPS: .*a\.parquet/);
  assert.not.ok(existsSync(`${file}.publish-production.jsonl`));
});

scene(
  'Ctrl-C: exit 130, state saved, and the next run goes on',
  async ({ folder, emulator, client, modelId }) => {
    const file = await writeEvents(folder, 'a', 200, { timestamp: recent });
    const flags = [file, ...NAMES, '--rows-per-file', '10'];
    const journal = `${file}.publish-production.jsonl`;
    const stopped = await run(folder, emulator.url, flags, (child) => {
      const poll = setInterval(() => {
        if (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('accepted')) return;
        clearInterval(poll);
        child.kill('SIGINT');
      }, 5);
      child.on('close', () => clearInterval(poll));
    });
    endedWith(130, stopped, /in the journal\. Run the same command again/);
    const before = await storedIdsOf(client, modelId);
    assert.ok(before.length < 200);
    endedWith(0, await run(folder, emulator.url, flags));
    assertOnce(await storedIdsOf(client, modelId), 200);
  },
  { jobSeconds: 0.3 },
  longTest,
);

scene(
  'a disk that is full while journaling: exit 4, nothing sent that is not noted, and it goes on later',
  async ({ folder, emulator, client, modelId }) => {
    const file = await writeEvents(folder, 'a', 200, { timestamp: recent });
    const flags = [file, ...NAMES, '--rows-per-file', '10'];
    const full = await run(folder, emulator.url, flags, undefined, 'ulimit -f 2');
    endedWith(4, full, /DISK_FULL.*jsonl/);
    const lines = readFileSync(`${file}.publish-production.jsonl`, 'utf8').split('\n');
    const sending = lines.filter((line) => line.includes('"sending"') && line.endsWith('}')).length;
    const posts = emulator.traffic().byRoute['POST /v3/events']?.requests ?? 0;
    assert.ok(posts <= sending, `${posts} posts, ${sending} noted`);
    endedWith(0, await run(folder, emulator.url, [...flags, '--settle', '0.1', '--lag', '1']));
    assertOnce(await storedIdsOf(client, modelId), 200);
  },
  undefined,
  longTest,
);

scene('what a user can get wrong ends with a code that says what to do', async ({ folder, emulator }) => {
  const file = await writeEvents(folder, 'a', 5, { timestamp: recent });
  const mistakes: [string[], number, RegExp][] = [
    [[file, '--project', 'nobody', '--model', 'resnet18'], 4, /PROJECT_MISSING/],
    [[file, '--project', 'images', '--model', 'vgg'], 4, /MODEL_MISSING/],
    [[file], 2, /--project and --model/],
    [[file, ...NAMES, '--days', '3'], 2, /need --timestamps spread/],
    [[join(folder, 'no.parquet'), ...NAMES], 4, /FILE_NOT_FOUND: \S+no\.parquet: /],
    [[file, ...NAMES, '--journal', join(folder, 'no', 'j.jsonl')], 4, /FILE_NOT_FOUND.*\n.*--journal/],
    [[file, ...NAMES, '--baseline', 'b', '--stream'], 4, /PUBLISH_BASELINE_STREAM/],
  ];
  for (const [args, status, says] of mistakes) endedWith(status, await run(folder, emulator.url, args), says);
});
