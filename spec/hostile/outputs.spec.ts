import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { csvFieldToRead } from '../../base/index.js';
import { csvField } from '../../data/events/write-events-text.js';
import {
  CacheFile,
  cacheFolder,
  renamePatiently,
  writeFileAtomically,
  writeFolderAtomically,
} from '../../files/system/index.js';
import { PROCESS_PLACE } from '../../platform/node/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { writeNpz } from '../support/npz-file.js';
import {
  assert,
  fixtures,
  longTest,
  packageRoot,
  refusal,
  rejection,
  runCliTo,
  temporaryFolder,
  test,
} from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const IMAGES = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
const text = (words: string) => (file: { write(bytes: Uint8Array): Promise<void> }) => file.write(Buffer.from(words));

test('an output that is replaced keeps its mode, and a link stays a link', async () => {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const [secret, link, dangling] = [path('secret'), path('link'), path('dangling')];
  writeFileSync(secret, 'old');
  chmodSync(secret, 0o600);
  await writeFileAtomically(secret, text('new'));
  assert.is(statSync(secret).mode & 0o777, 0o600);
  symlinkSync('secret', link);
  await writeFileAtomically(link, text('newer'));
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.is(readFileSync(secret, 'utf8'), 'newer');
  symlinkSync('later', dangling);
  await writeFileAtomically(dangling, text('made'));
  assert.is(readFileSync(path('later'), 'utf8'), 'made');
  const [place, way] = [path('place'), path('way')];
  mkdirSync(place, { mode: 0o700 });
  symlinkSync('place', way);
  await writeFolderAtomically(way, async (inside) => writeFileSync(join(inside, 'a'), ''));
  assert.ok(lstatSync(way).isSymbolicLink());
  assert.equal(readdirSync(place), ['a']);
  assert.is(statSync(place).mode & 0o777, 0o700);
  assert.not.ok(readdirSync(folder).some((name) => name.includes('partial')));
});

test('what killed runs left is removed by the next one, and nothing else', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'out.txt');
  const host = createHash('sha256')
    .update(PROCESS_PLACE ?? hostname())
    .digest('hex')
    .slice(0, 8);
  const { pid: gone } = spawnSync(process.execPath, ['-e', '']);
  const name = (path: string, machine: string, pid: number) => join(folder, `.${path}.${machine}-${pid}.0123.partial`);
  const abandoned = name('out.txt', host, gone);
  const kept = [name('out.txt', host, process.pid), name('out.txt', '00000000', gone), name('other.txt', host, gone)];
  for (const path of [abandoned, ...kept]) {
    writeFileSync(path, '');
    utimesSync(path, 1, 1);
  }
  const young = join(folder, `.out.txt.${host}-${gone}.4567.partial`);
  writeFileSync(young, '');
  await writeFileAtomically(out, text('x'));
  assert.equal(new Set(readdirSync(folder).map((one) => join(folder, one))), new Set([out, young, ...kept]));
});

const MANY = 8000;

for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT'] as const) {
  (signal === 'SIGTERM' ? test : longTest)(`${signal} ends embed with nothing left`, async () => {
    const folder = temporaryFolder();
    const many = join(temporaryFolder(), 'many.npz');
    writeNpz(many, { arr_0: { descr: '|u1', shape: [MANY, 32, 32], values: new Uint8Array(MANY * 32 * 32) } });
    const args = [MAIN, 'embed', many, '--weights', 'fashion-mnist-resnet18', '--out', 'e.csv'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    while (!readdirSync(folder).some((name) => name.endsWith('.partial')) && child.exitCode === null) await pause(20);
    child.kill(signal);
    assert.is(await ended, { SIGHUP: 129, SIGTERM: 143, SIGINT: 130 }[signal]);
    assert.equal(readdirSync(folder), []);
  });
}

test('a shard that is given twice is refused, also among others', () => {
  const folder = temporaryFolder();
  const ends = (status: number, words: string, says?: string | RegExp) =>
    runCliTo(status, words, says, { cwd: folder });
  const old = [1, 2].map((number) => join(fixtures, 'hostile', `shard_dup_${number}.json`)).join(' ');
  const twice = /error SHARD_TWICE: .*shard_dup_2\.json, merged with those before it: .*rows 0 to 499/;
  ends(4, `merge ${old} --out m.json`, twice);

  const rows = (from: number) => Array.from({ length: 100 }, (_, i) => `"[${Math.sin(from + i)}]"`).join('\n');
  writeFileSync(join(folder, 'a.csv'), `embeddings\n${rows(0)}\n`);
  writeFileSync(join(folder, 'b.csv'), `embeddings\n${rows(100)}\n`);
  ends(0, 'baseline a.csv --clusters 3 --out fit.json');
  ends(0, 'baseline a.csv --like fit.json --out a.json');
  ends(0, 'baseline b.csv --like fit.json --first-row 100 --out b.json');
  ends(0, 'baseline b.csv --like fit.json --out careless.json');
  copyFileSync(join(folder, 'a.json'), join(folder, 'copy.json'));
  ends(4, 'merge a.json b.json copy.json --out m.json', /SHARD_TWICE.*rows 0 to 99/);
  ends(4, 'merge fit.json a.json --out m.json', 'SHARD_TWICE');
  ends(4, 'merge a.json careless.json --out m.json', '--first-row');
  ends(0, 'merge b.json a.json --out m.json');
  assert.equal(JSON.parse(readFileSync(join(folder, 'm.json'), 'utf8')).counted, [[0, 200]]);
  ends(2, 'merge m.json --out m.json', 'm.json');
});

test('numbers of csv are decimal and finite', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'e.csv');
  for (const value of ['0x1F', '0b1', '1e999', 'Infinity']) {
    writeFileSync(path, `embeddings,a\n"[1, 2]",0.5\n"[1, 2]",${value}\n`);
    await refusal('EVENTS_NOT_NUMERIC', () => readEvents(path, { scores: ['a'] }));
    writeFileSync(path, `embeddings\n"[1, ${value}]"\n`);
    await refusal('EVENTS_NOT_NUMERIC', () => readEvents(path));
  }
  writeFileSync(path, 'embeddings,a\n"[1, -2.5e-3]",+.5\n"[.5, 1e3]",nan\n"[1, 2]",\n');
  const { events } = await readEvents(path, { scores: ['a'] });
  assert.equal([...events.scores], [0.5, Number.NaN, Number.NaN]);
});

test('csv without formulas: refused, not changed', () => {
  const folder = temporaryFolder();
  const embed = `embed ${IMAGES} --weights fashion-mnist-resnet18 --dataset =HYPERLINK("http://x","y") --out e.csv`;
  runCliTo(4, embed, 'error EVENTS_CSV_FORMULA', { cwd: folder });
  assert.equal(readdirSync(folder), []);
});

test('of what begins with a sign, only whole numbers are no formula', async () => {
  const harmless = ['-2', '+.5', '-1.5e-7', '+3.', '-', '+', 'a-1', 'a=1', '', '1+1', null];
  for (const text of harmless) assert.ok([text, '""', ''].includes(csvFieldToRead(text)), String(text));
  const formulas = [
    ...["-2+3+cmd|' /C calc'!A0", '+1*WEBSERVICE("http://evil")', '-1+HYPERLINK("http://evil","x")', '-1-2', '+4 9'],
    ...['-2\n+3', '-1e', '--1', '-.', '+1,5', '-0x10', '=1', '@SUM(1)', '\t=1', '\r=1', '\n=1'],
    ...['＝1', '＋cmd', '－1', '＠x'],
  ];
  for (const text of formulas) {
    await refusal('EVENTS_CSV_FORMULA', () => csvField(text));
    assert.match(csvFieldToRead(text), /^"?'/, text);
  }
});

test('20,000 columns of one row cost seconds of one core, not minutes', async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `c${i}`);
  const path = join(temporaryFolder(), 'wide.csv');
  writeFileSync(path, `embeddings,${names.join(',')}\n"[1, 2]",${names.map(() => '0.5').join(',')}\n`);
  const before = process.cpuUsage();
  assert.is((await readEvents(path, { scores: ['c*'] })).events.scores.length, 20_000);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 4e6, `${user + system} µs`);
});

longTest('no home folder: no cache, and no error', () => {
  assert.is(cacheFolder({ IMAGE_DRIFT_CACHE: '/a' }, 'darwin'), '/a');
  const cache = new CacheFile<object>(null, (value): value is object => value !== null);
  cache.set('a', {});
  assert.is(cache.get('a'), null);
  if (process.getuid?.() !== 0) return console.log('SKIPPED (not root): a user without an account');
  const out = temporaryFolder();
  chmodSync(out, 0o777);
  const { HOME: _, XDG_CACHE_HOME: __, ...env } = process.env;
  const args = [MAIN, 'embed', IMAGES, '--weights', 'fashion-mnist-resnet18', '--out', join(out, 'e.csv')];
  const run = spawnSync(process.execPath, args, { uid: 54_321, gid: 54_321, env, cwd: tmpdir(), encoding: 'utf8' });
  // Where the repository itself is closed to others there is nothing to see.
  if (/EACCES|Cannot find module|permission denied/.test(run.stderr)) return console.log('SKIPPED (no access)');
  assert.is(run.status, 0, run.stderr);
});

test('the cache is written under a name that cannot be foreseen, and no link is followed', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'c.json');
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'safe');
  symlinkSync(victim, `${file}.${process.pid}`);
  const cache = new CacheFile<{ x: number }>(file, (value): value is { x: number } => 'x' in value);
  cache.set('a', { x: 1 });
  assert.is(cache.get('a')?.x, 1);
  assert.is(readFileSync(victim, 'utf8'), 'safe');
});

test('a rename that somebody blocks is tried again', async () => {
  let tries = 0;
  const move = async () => {
    if (++tries < 3) throw Object.assign(new Error('held'), { code: 'EBUSY' });
  };
  await renamePatiently('a', 'b', { isHeld: true, move });
  assert.is(tries, 3);
  tries = 0;
  assert.is((await rejection(() => renamePatiently('a', 'b', { isHeld: false, move }))).message, 'held');
});
