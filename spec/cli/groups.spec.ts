import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { assert, endedWith, printedJson, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const FRAMES = 5;
const CAMERAS = ['north', 'east'];
const COLUMNS = 6;

/** Clips of five frames, of two cameras; those of `broken` all look the same way. */
function table(name: string, clips: number, seed: number, broken = ''): string {
  const random = new Random(seed);
  const lines = ['camera,clip,group,timestamp,e0,e1,e2,e3,e4,e5'];
  for (let clip = 0; clip < clips; clip++) {
    const camera = CAMERAS[clip % 2]!;
    const mode = camera === broken ? 0 : random.below(4);
    const scene = Array.from({ length: COLUMNS }, (_, c) => (c === mode ? 9 : 0) + random.normal());
    for (let frame = 0; frame < FRAMES; frame++) {
      const values = scene.map((value) => (value + 0.3 * random.normal()).toFixed(4));
      const time = Date.UTC(2026, 10, 23) + clip * 3_600_000 + frame;
      lines.push([camera, `c${clip}`, `g${clip}`, time, ...values].join(','));
    }
  }
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  return name;
}

function run(...args: string[]) {
  return runCli([...args, '--embedding-column', 'e*'], { cwd: folder });
}

const reference = table('reference.csv', 300, 1);
const quiet = table('quiet.csv', 120, 2);
const broken = table('broken.csv', 120, 3, 'east');

test('groups by column, by hour, and as the events have them', () => {
  const worth = (...flags: string[]) => {
    const made = printedJson(run('baseline', reference, '--json', '--out', 'profile.json', ...flags));
    const { rows, effective_rows: effective, effective_by: by } = made;
    assert.is(rows, 1_500);
    assert.ok(Math.abs(effective - 300) < 20, `${effective} by ${by}`);
    return by;
  };
  assert.is(worth(), 'group');
  assert.is(worth('--group', '1h'), '1h');
  assert.is(worth('--group', 'camera,clip', '--by', 'camera'), 'camera,clip');
  assert.match(
    run('baseline', reference, '--group', 'clip', '--out', 'other.json').stdout,
    /1,500 rows, worth about \d+ independent ones, by clip/,
  );
});

test('a column group of two cameras says nothing of what hangs together, unless it is asked for', () => {
  const text = readFileSync(join(folder, reference), 'utf8').replace(/^(north|east),(c\d+),g\d+/gm, '$1,$2,$1');
  writeFileSync(join(folder, 'cameras.csv'), text);
  const found = (...flags: string[]) => {
    const { stdout } = run('baseline', 'cameras.csv', '--json', '--out', 'cameras.json', ...flags);
    const { effective_rows: effective, effective_by: by } = JSON.parse(stdout);
    return { effective, by };
  };
  assert.equal(found('--group', 'group'), { effective: 2, by: 'group' });
  const usual = found();
  assert.is(usual.by, 'row order');
  assert.ok(usual.effective > 150, String(usual.effective));
  assert.match(run('baseline', 'cameras.csv', '--out', 'cameras.json').stderr, 'fewer than ten groups');
  assert.not.match(run('baseline', 'cameras.csv', '--group', 'none', '--out', 'cameras.json').stderr, 'ten groups');
  const { windows } = JSON.parse(run('drift', 'cameras.csv', '--baseline', 'cameras.json', '--json').stdout);
  assert.is(windows[0].effective_by, 'row order');
  assert.equal(found('--group', 'none'), usual);
  assert.is.not(
    JSON.parse(run('baseline', reference, '--json', '--group', 'none', '--out', 'other.json').stdout).effective_by,
    'group',
  );
});

test('a verdict for each camera in JSON, table and report', () => {
  const args = ['drift', quiet, broken, '--baseline', 'profile.json', '--by', 'camera'];
  const { windows, baseline } = JSON.parse(run(...args, '--json').stdout);
  assert.is(baseline.effective_by, 'camera,clip');
  assert.is(windows[0].effective_by, 'camera,clip');
  assert.equal(
    windows.map(({ segments }: { segments: { verdict: string }[] }) => segments[0]!.verdict === 'drift'),
    [false, true],
  );
  assert.equal([windows[1].segments[0].by, windows[1].segments[0].value], ['camera', 'east']);
  const shown = run(...args, '--report', 'report.html');
  assert.match(shown.stdout, /^broken +camera=east +300 +750 .* drift$/m);
  assert.match(shown.stdout, /Baseline: 1,500 rows, worth about \d+ independent ones, by camera and clip\./);
  assert.match(shown.stdout, 'Segments: each is compared with the same one of the baseline.');
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  assert.match(page, /<th scope="row">camera east<\/th>/);
  assert.match(page, /broken: drift, 300 rows, distance/);
  assert.match(page, /worth about \d+ independent ones, by camera and clip, in 5 clusters/);
  const without = run('drift', quiet, '--baseline', 'profile.json', '--report', 'report.html');
  assert.not.match(without.stdout, 'Segments');
  assert.not.match(readFileSync(join(folder, 'report.html'), 'utf8'), 'id="segments"');
});

test('columns that are not there, other groups than the profile’s, and ids', () => {
  const refused = (code: string, message: RegExp, ...args: string[]) => {
    const { stderr } = endedWith(4, run(...args, '--json'));
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1)!);
    assert.is(error.code, code);
    assert.match(error.message, message);
  };
  const drift = ['drift', quiet, '--baseline', 'profile.json'];
  const baseline = ['baseline', reference];
  refused('EVENTS_COLUMN_MISSING', /reference\.csv: no column "?clp"?/, ...baseline, '--group', 'clp');
  const site = /by site: the columns that can be segments are .*"camera"/;
  refused('EVENTS_COLUMN_MISSING', site, ...baseline, '--by', 'site');
  refused('GROUPS_DIFFER', /group "?1h"?: the profile's groups are by "?camera,clip"?/, ...drift, '--group', '1h');
  const clip = /by "?clip"?: the profile's segments are by "?camera"?/;
  refused('SEGMENTS_NOT_IN_PROFILE', clip, ...drift, '--by', 'clip');
  refused('SEGMENTS_TOO_MANY', /column clip has more than 200 values/, ...baseline, '--by', 'clip');
});
