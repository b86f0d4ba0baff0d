import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '#platform';
import { Random } from '../../base/index.js';
import { initMonitor, openMonitor } from '../../pipeline/monitor/index.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';
import {
  COLUMN_CHOICE,
  DAY,
  eventsText,
  FIRST_DAY,
  HOUR,
  makeBaseline,
  sumsIn,
  writeEvents,
} from './monitor-events.js';

const folder = temporaryFolder();
const baseline = await makeBaseline(folder, ['camera']);
let states = 0;

async function newState(options: Parameters<typeof initMonitor>[2] = {}): Promise<string> {
  const state = join(folder, `state-${states++}`);
  await initMonitor(state, baseline, { by: 'camera', ...options });
  return state;
}

const later = () => FIRST_DAY + 400 * DAY;

async function updated(state: string, paths: readonly string[], now = later) {
  return (await openMonitor(state)).update(paths, { columns: COLUMN_CHOICE, now });
}

const days = Array.from({ length: 6 }, (_, day) => writeEvents(folder, `day-${day}.csv`, { day }));
/** Events of the days before and behind, too. */
const overlapping = writeEvents(folder, 'two-days.csv', { day: 2, days: 2 });
const clean = await newState();
for (const path of days) await updated(clean, [path]);
const expected = sumsIn(clean);

test('files in any order, with events that come again in another file, and a clock that goes back give the same sums', async () => {
  const random = new Random(3);
  for (let round = 0; round < 4; round++) {
    const state = await newState();
    const paths = [...days, overlapping, ...days.slice(0, 2)];
    const order = Array.from(random.sample(paths.length, paths.length), (i) => paths[i]!);
    let clock = later();
    for (const path of order) {
      clock -= random.below(100) * DAY;
      await updated(state, [path], () => clock);
    }
    assert.equal(sumsIn(state), expected, order.join(' '));
    await updated(state, [order[0]!]);
    assert.equal(
      (await (await openMonitor(state)).status()).timeline,
      (await (await openMonitor(clean)).status()).timeline,
    );
  }
});

test('a file counts once, whatever its name; the same table in one update, too', async () => {
  const state = await newState();
  const copy = join(folder, 'copy.csv');
  cpSync(days[0]!, copy);
  const first = await updated(state, [days[0]!, copy, days[0]!]);
  assert.equal([first.added, first.already_there], [60, 120]);
  const again = await updated(state, [copy]);
  assert.equal([again.added, again.already_there], [0, 60]);
});

test('an event of the same id in another window is another event', async () => {
  const state = await newState();
  const paths = [1, 2].map((day) => writeEvents(folder, `frame-${day}.csv`, { day, ids: 'frame' }));
  assert.is((await updated(state, paths)).added, 120);
});

test('rows are late once their window was judged; a window is judged when it has ended, by the clock or by later rows', async () => {
  const state = await newState();
  const half = eventsText({ day: 0 }).split('\n');
  const [early, rest] = [half.slice(0, 31), [half[0]!, ...half.slice(31)]].map((lines, i) => {
    const path = join(folder, `half-${i}.csv`);
    writeFileSync(path, lines.join('\n'));
    return path;
  });
  const noon = () => FIRST_DAY + 12 * HOUR;
  await updated(state, [early!], noon);
  assert.is((await (await openMonitor(state)).status()).windows, 0);
  await updated(state, [days[1]!], noon);
  assert.is((await (await openMonitor(state)).status()).windows, 1);
  const late = await updated(state, [rest!], noon);
  assert.equal([late.added, late.late], [30, 30]);
  await updated(state, [days[1]!], () => FIRST_DAY + 2 * DAY);
  assert.is((await (await openMonitor(state)).status()).windows, 2);
});

test('states of several pods add up to one clean run, each once, in any order and through each other', async () => {
  const [all, other, third] = [await newState(), await newState(), await newState()];
  await updated(other, days.slice(0, 2));
  await updated(third, days.slice(2, 4));
  await updated(all, [...days.slice(4), other]);
  // It has gone on, and has what the second has.
  await updated(third, [other]);
  assert.equal((await updated(all, [third, other])).added, 120);
  assert.is((await updated(all, [other, third, all])).added, 0);
  assert.equal(sumsIn(all), expected);
  await refusal('MONITOR_FILE_TWICE', async () => updated(await overlappingState(), [other]), 'day-0.csv');
  assert.equal(sumsIn(all), expected);
});

async function overlappingState(): Promise<string> {
  const state = await newState();
  await updated(state, [days[0]!]);
  return state;
}

test('a copied folder is the same monitor: it is refused once both have gone on', async () => {
  const state = await newState();
  await updated(state, [days[0]!]);
  const copy = join(folder, 'copied');
  cpSync(state, copy, { recursive: true });
  assert.is((await updated(state, [copy])).added, 0);
  await updated(copy, [days[1]!]);
  await refusal('MONITOR_STATE_COPY', () => updated(state, [copy]));
});

test('another baseline, promise or schema is refused, with the two values', async () => {
  const state = await newState();
  const hourly = await newState({ window: '1h' });
  await refusal('MONITOR_OTHER_PROMISE', () => updated(state, [hourly]), /--window 1h.*--window 1d/);
  const path = join(hourly, 'state.json');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"schema":1', '"schema":2'));
  await refusal('MONITOR_STATE_SCHEMA', () => openMonitor(hourly), 'its schema is 2, this version reads 1');
  writeFileSync(path, text.slice(0, 40));
  await refusal('MONITOR_STATE_NOT_OURS', () => openMonitor(hourly), 'state.json');
  writeFileSync(path, text.replace('"judged":0', '"judged":"now"'));
  await refusal('MONITOR_STATE_DAMAGED', () => openMonitor(hourly), 'judged');
  const profile = join(state, 'profile.json');
  writeFileSync(profile, readFileSync(profile, 'utf8').replace('"seed":0', '"seed":1'));
  await refusal('MONITOR_OTHER_BASELINE', () => openMonitor(state), /profile\.json.*[0-9a-f]{64}.*[0-9a-f]{64}/);
  await refusal('MONITOR_STATE_MISSING', () => openMonitor(folder), 'state.json');
  await refusal('MONITOR_STATE_THERE', () => initMonitor(clean, baseline, {}), 'judged.json');
});

test('what is refused leaves nothing behind: a table of another model, without times, and damaged sums', async () => {
  const state = await newState();
  await updated(state, [days[0]!]);
  const before = sumsIn(state);
  const names = readdirSync(state, { recursive: true });
  const other = join(folder, 'other.csv');
  writeFileSync(other, 'timestamp,camera,e0,e1\n1767571200000,north,1,2\n');
  await refusal('PROFILE_OTHER_DIMENSIONS', () => updated(state, [days[1]!, other]), 'other.csv');
  writeFileSync(other, eventsText({ day: 1 }).replace('timestamp', 'when'));
  await refusal('MONITOR_NO_TIMES', () => updated(state, [days[1]!, other]), 'other.csv');
  assert.equal(sumsIn(state), before);
  assert.equal(readdirSync(state, { recursive: true }), names);
  const sums = join(state, 'sums', readdirSync(join(state, 'sums'))[0]!);
  writeFileSync(sums, readFileSync(sums).subarray(0, -8));
  await refusal('MONITOR_STATE_DAMAGED', () => updated(state, [days[1]!]), /take [\d,]+ bytes, [\d,]+ are there/);
});

test('what was judged is kept for a status, and not used if it is damaged, or of other sums', async () => {
  const state = await newState();
  const path = join(state, 'judged.json');
  const status = async () => (await openMonitor(state)).status();
  const judged = async () => {
    const kept = readFileSync(path, 'utf8');
    rmSync(path);
    const expected = await status();
    writeFileSync(path, kept);
    return { kept, expected };
  };
  await updated(state, days.slice(0, 3));
  const three = await judged();
  const [head, body = ''] = three.kept.split('\n');
  const other = body.replace('"rows":60', '"rows":61');
  writeFileSync(path, [head!.replace(sha256Of(body), sha256Of(other)), other].join('\n'));
  assert.is((await status()).timeline[0]!.rows, 61, 'it is used');
  for (const damaged of ['', `${head}\n`, three.kept.slice(0, -1), [head, other].join('\n'), `\n${three.kept}`]) {
    writeFileSync(path, damaged);
    assert.equal(await status(), three.expected, damaged.slice(0, 100));
  }
  await updated(state, [days[0]!]);
  assert.is(readFileSync(path, 'utf8'), three.kept, 'it is made again');
  await updated(state, [days[3]!]);
  const four = await judged();
  writeFileSync(path, three.kept);
  assert.equal(await status(), four.expected);
  assert.is(four.expected.windows, 4);
  const sums = join(state, 'sums', readdirSync(join(state, 'sums'))[0]!);
  const bytes = readFileSync(sums);
  writeFileSync(path, four.kept);
  writeFileSync(sums, bytes.subarray(0, -8));
  await refusal('MONITOR_STATE_DAMAGED', status, 'bytes');
});

test('rows without a time, and with a value that is not finite, are counted and said', async () => {
  const state = await newState();
  const path = join(folder, 'gaps.csv');
  const [head, ...rows] = eventsText({ day: 0, rows: 300 }).trim().split('\n');
  rows[0] = rows[0]!.replace(/,\d{13},/, ',,');
  writeFileSync(path, [head, ...rows].join('\n'));
  const { added, untimed } = await updated(state, [path]);
  assert.equal([added, untimed], [299, 1]);
  assert.is((await (await openMonitor(state)).status()).rejected, 1);
});

test('two updates at once wait for each other', async () => {
  const state = await newState();
  await Promise.all(days.map((path) => updated(state, [path])));
  assert.equal(sumsIn(state), expected);
});

test('a folder without rows of images: sums, hashed ids, and names of files', async () => {
  const stored = readdirSync(clean, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of stored) {
    const text = readFileSync(join(parentPath, name), 'latin1');
    if (name !== 'profile.json') assert.not.match(text, /2-17|north-/, name);
  }
  rmSync(join(folder, 'nowhere'), { force: true, recursive: true });
  mkdirSync(join(folder, 'nowhere'));
  await refusal('MONITOR_NO_EVENTS', () => updated(clean, [join(folder, 'nowhere')]));
});
