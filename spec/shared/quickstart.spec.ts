import type { ChildProcess } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { type Emulator, parseFaults, startEmulator } from 'image-drift-emulator';
import { FiddlerClient, Token } from '../../fiddler/client/index.js';
import { runBesideAlone } from '../support/run-beside.js';
import {
  allChecks,
  assert,
  type CliRun,
  endedWith,
  sharedData,
  suite,
  temporaryFolder,
  withSharedData,
} from '../support/test.js';

/** A text that cannot occur anywhere else by chance. */
const TOKEN = 'fid-5cc3f0a9d1-never-to-be-seen-e77b24';
const DAY_MS = 86_400_000;
const NOTEBOOK_LINES = [
  '4166/5000:  83.3% correct predictions.',
  '3858/5000:  77.2% correct predictions.',
  '2621/5000:  52.4% correct predictions.',
  '2248/5000:  45.0% correct predictions.',
];

const cwd = temporaryFolder();
const out = join(cwd, 'state');
const store = temporaryFolder();
let emulator: Emulator;
let client: FiddlerClient;
const runs: CliRun[] = [];

type OnStart = (child: ChildProcess) => void;

async function run(args: readonly string[], env: Record<string, string> = {}, onStart?: OnStart): Promise<CliRun> {
  const all = { FIDDLER_URL: emulator.url, FIDDLER_TOKEN: TOKEN, ...env };
  const done = await runBesideAlone(args, { cwd, env: all, onStart });
  runs.push(done);
  return done;
}

function given(): string[] {
  const folder = sharedData as string;
  return ['--data', join(folder, 'cifar'), '--weights', join(folder, 'resnet18_cifar10_epoch5.pth')];
}

function quickstart(args: readonly string[], env: Record<string, string> = {}, onStart?: OnStart): Promise<CliRun> {
  return run(['quickstart', ...given(), '--out', out, ...args], env, onStart);
}

/** Number of requests by route, except for those that only read. */
function writes(): Record<string, number> {
  const routes = Object.entries(emulator.traffic().byRoute).filter(([route]) =>
    /^(POST|PATCH|DELETE) \/v3\/(projects|models|model-factory|files\/upload|events|baselines)/.test(route),
  );
  return Object.fromEntries(routes.map(([route, { requests }]) => [route, requests]));
}

async function theModel(name = 'resnet18') {
  const project = await client.projects.byName('image_monitoring');
  const model = await client.models.byName(project?.id ?? '', name);
  assert.ok(model);
  return model;
}

interface StoredEvent {
  timestamp: unknown;
  event_id: string;
  image_url: string;
  target: string;
}

async function storedEvents(envType: 'PRODUCTION' | 'PRE_PRODUCTION', name = 'resnet18'): Promise<StoredEvent[]> {
  const model = await theModel(name);
  const environment = await client.environments.byName(model.id, 'train_time_reference');
  const envId = envType === 'PRODUCTION' ? {} : { envId: environment?.id ?? '' };
  const columns = ['event_id', 'image_url', 'target', ...(envType === 'PRODUCTION' ? ['timestamp'] : [])];
  const bytes = await client.rows.download({ modelId: model.id, envType, ...envId, columns, maxRows: 100_000 });
  assert.ok(bytes);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return (await parquetReadObjects({ file })) as unknown as StoredEvent[];
}

withSharedData('quickstart against the emulator', () => {
  const whole = suite('quickstart');

  whole.before(async () => {
    emulator = await startEmulator({ folder: store, token: TOKEN });
    client = new FiddlerClient({ url: emulator.url, token: Token.fromEnvironment({ FIDDLER_TOKEN: TOKEN }) });
  });

  const skipped = 'the quickstart in another folder, with another model and stopped; where its token may be';
  if (!allChecks) console.log(`SKIPPED (IMAGE_DRIFT_CHECKS=all runs them): ${skipped}`);
  const more: (name: string, run: () => Promise<void>) => void = allChecks ? whole : (name) => whole.skip(name);

  whole.after(async () => {
    await client.close();
    await emulator.close();
  });

  whole('says what the notebook says, then whether it drifted, then what Fiddler says', async () => {
    const { stdout, stderr } = endedWith(0, await quickstart(['--verbose']));
    assert.equal(stdout.split('\n').slice(0, 4), NOTEBOOK_LINES);
    assert.match(stdout, /production_1 .* no drift/);
    assert.match(stdout, /production_2 .* drift +blurred/);
    assert.match(stdout, /production_3 .* drift +darker/);
    assert.match(stdout, 'project image_monitoring: created; model resnet18 v1: created');
    assert.match(stdout, 'Every number of the server is ours, to 1e-6, on 18 days.');
    assert.is(stdout.trimEnd().split('\n').at(-1), `Fiddler, to open in a browser: ${emulator.url}`);
    assert.match(stderr, 'not the file of the notebook (sha256 cdbffe81…)');
    assert.match(stderr, /POST \/v3\/events: 202, [\d,]+ bytes out/);
    assert.ok(statSync(join(out, 'report.html')).size > 1e6);
    assert.match(readFileSync(join(out, 'report.html'), 'utf8'), 'image_monitoring/resnet18 v1');
  });

  whole('5,000 events of the baseline and 18,000 of production, at the times of the notebook', async () => {
    assert.is((await storedEvents('PRE_PRODUCTION')).length, 5_000);
    const events = await storedEvents('PRODUCTION');
    assert.is(events.length, 18_000);
    assert.is(new Set(events.map(({ event_id }) => event_id)).size, 18_000);
    const { now } = JSON.parse(readFileSync(join(out, 'quickstart.json'), 'utf8')) as { now: number };
    assert.ok(Math.abs(now - Date.now()) < 3_600_000);
    const byTime = new Map<number, StoredEvent[]>();
    for (const event of events) {
      const time = Number(event.timestamp instanceof Date ? event.timestamp.getTime() : event.timestamp);
      byTime.set(time, [...(byTime.get(time) ?? []), event]);
    }
    const stamps: number[] = [];
    for (let week = 0; week < 3; week++) {
      for (let day = 0; day < 6; day++) {
        const stamp = now - (2 - week) * 7 * DAY_MS - day * DAY_MS;
        stamps.push(stamp);
        const rows = byTime.get(stamp) ?? [];
        assert.is(rows.length, 1_000, `week ${week} day ${day}`);
        assert.is(new Set(rows.map(({ image_url }) => image_url)).size, 1_000, 'no image twice on a day');
        assert.ok(rows.every(({ image_url }) => image_url.includes(`/cv_monitoring/production_${week + 1}/`)));
      }
    }
    const times = [...byTime.keys()].sort((a, b) => a - b);
    assert.equal(
      times,
      stamps.sort((a, b) => a - b),
    );
  });

  whole('a second run changes nothing and says so; the weeks are in order', async () => {
    const before = writes();
    const { stdout, stderr } = endedWith(0, await quickstart([]));
    assert.equal(stdout.split('\n').slice(0, 4), NOTEBOOK_LINES);
    assert.match(stdout, 'Everything was there already: nothing was changed on the server.');
    assert.not.match(stderr, 'embedding');
    const { fiddler, steps_skipped: skipped } = JSON.parse((await quickstart(['--json'])).stdout);
    assert.equal(writes(), before);
    const embedded = ['reference', 'production_1', 'production_2', 'production_3'].map((name) => `embed ${name}`);
    assert.equal(skipped, ['convert', ...embedded, 'profile', 'report']);
    assert.equal([fiddler.changed, fiddler.agrees, fiddler.days.length], [false, true, 18]);
    assert.ok(fiddler.days.every(({ difference }: { difference: number }) => difference < 1e-6));
    assert.equal(fiddler.production, { rows: 18_000, sent: 0, already_there: 18_000, finished: true });
    const [undrifted, blurred, darkened] = fiddler.weeks as { server: { low: number; high: number } }[];
    assert.ok(undrifted!.server.high < blurred!.server.low, JSON.stringify(fiddler.weeks));
    assert.ok(blurred!.server.high < darkened!.server.low, JSON.stringify(fiddler.weeks));
    assert.is((await storedEvents('PRODUCTION')).length, 18_000);
  });

  more('another folder does not publish the same again', async () => {
    const other = join(temporaryFolder(), 'other');
    cpSync(out, other, { recursive: true });
    rmSync(join(other, 'quickstart.json'));
    rmSync(join(other, 'published'), { recursive: true });
    const before = writes();
    const refused = endedWith(4, await run(['quickstart', ...given(), '--out', other, '--json']));
    assert.is(JSON.parse(refused.stderr).error.code, 'QUICKSTART_ALREADY_THERE');
    assert.equal(writes(), before);
  });

  more('another model is a place of its own; --no-wait is caught up by the next run', async () => {
    const first = JSON.parse((await quickstart(['--model', 'resnet18_2', '--no-wait', '--json'])).stdout).fiddler;
    assert.is(first.production.sent, 18_000);
    assert.is(first.agrees, null);
    const second = JSON.parse((await quickstart(['--model', 'resnet18_2', '--json'])).stdout).fiddler;
    assert.is(second.production.sent, 0);
    assert.is(second.production.finished, true);
    assert.is(second.agrees, true);
    assert.is((await storedEvents('PRODUCTION', 'resnet18_2')).length, 18_000);
  });

  more('stopped by Ctrl-C in the middle, the same command goes on: each event once', async () => {
    const args = ['--model', 'resnet18_4', '--json'];
    const stopped = quickstart(args, {}, (child) => {
      const timer = setInterval(() => {
        if (journalLines('production.jsonl') < 12) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 5);
      child.on('exit', () => clearInterval(timer));
    });
    assert.is((await stopped).status, 130, (await stopped).stderr);
    const before = journalLines('production.jsonl');
    const { fiddler } = JSON.parse((await quickstart(args)).stdout);
    assert.ok(before > 0 && journalLines('production.jsonl') > before);
    const { already_there: there, sent } = fiddler.production;
    assert.ok(there > 0 || sent < 18_000, JSON.stringify(fiddler.production));
    assert.is(fiddler.agrees, true);
    const ids = (await storedEvents('PRODUCTION', 'resnet18_4')).map(({ event_id }) => event_id);
    assert.is(ids.length, 18_000);
    assert.is(new Set(ids).size, 18_000);
  });

  whole('a dry run asks no server anything', async () => {
    const before = emulator.traffic().requests;
    const { plan, fiddler } = JSON.parse((await quickstart(['--dry-run', '--json'])).stdout);
    assert.is(emulator.traffic().requests, before);
    assert.is(fiddler, null);
    // Eighteen days and the baseline, and the first event alone.
    assert.is(plan.uploads.length, 20);
    const events = plan.uploads.reduce((sum: number, upload: { events: number }) => sum + upload.events, 0);
    assert.is(events, 23_000);
    assert.match((await quickstart(['--dry-run'])).stdout, 'Nothing was sent.');
  });

  more('the token is in nothing that is said or left behind, whatever fails', async () => {
    const target = ['--project', 'image_monitoring', '--model', 'resnet18_3', '--verbose'];
    const reference = join(out, 'reference.parquet');
    const weeks = [1, 2, 3].map((week) => join(out, `production_${week}.parquet`));
    const verify = ['--baseline', 'ref', '--baseline-events', reference, ...target];
    const faults = parseFaults('429:0.1,500:0.05,reset:0.05');
    const faulty = await startEmulator({ folder: temporaryFolder(), token: TOKEN, seed: 3, faults });
    const good = emulator;
    emulator = faulty;
    const publish = ['publish', ...weeks, '--timestamps', 'spread', '--rows-per-day', '200', '--lag', '1', ...target];
    endedWith(0, await run(['onboard', reference, ...target]));
    assert.is((await run(['publish', reference, '--baseline', 'ref', '--lag', '1', ...target])).status, 0);
    assert.is((await run(publish)).status, 0);
    await run(['verify', ...weeks, ...verify]);
    await run(['onboard', reference, ...target, '--clusters', '7']);
    await faulty.close();
    emulator = good;
    for (const env of [
      { FIDDLER_TOKEN: `${TOKEN}-wrong` },
      { FIDDLER_URL: faulty.url },
      { FIDDLER_URL: `${good.url}/no/such/place` },
      { FIDDLER_URL: `http://user:${TOKEN}@127.0.0.1:1` },
      { FIDDLER_TOKEN: `${TOKEN}\n${TOKEN}` },
      { FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: join(cwd, TOKEN.slice(0, 5)) },
    ]) {
      for (const args of [['onboard', reference, ...target], publish, ['verify', ...weeks, ...verify]]) {
        assert.ok([4, 5].includes((await run(args, env)).status as number), `${args[0]} ${JSON.stringify(env)}`);
      }
      const { status, stderr } = await quickstart(['--verbose'], env);
      assert.ok([4, 5].includes(status as number), stderr);
    }
    const seen = runs.flatMap(({ stdout, stderr }) => [stdout, stderr]);
    assert.ok(runs.length > 30);
    for (const text of seen) assert.not.ok(text.includes(TOKEN), text.slice(0, 2_000));
    const files = [cwd, store].flatMap(filesBelow);
    assert.ok(files.some((path) => path.endsWith('production.jsonl')) && files.some((path) => path.endsWith('.html')));
    for (const path of files) assert.not.ok(readFileSync(path).includes(TOKEN), path);
  });
});

/** How many records the journal that was begun last has; 0 before the third one is there. */
function journalLines(name: string): number {
  const journals = filesBelow(join(out, 'published')).filter((path) => path.endsWith(name));
  const newest = journals.sort((a, b) => statSync(b).birthtimeMs - statSync(a).birthtimeMs)[0];
  if (newest === undefined || journals.length < 3) return 0;
  return readFileSync(newest, 'utf8').split('\n').length - 1;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
