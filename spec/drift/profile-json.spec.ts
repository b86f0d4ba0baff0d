import { fitProfile, type Profile, parseProfile, profileToJson } from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { fixture, mixture, refused } from './support.js';

const sha = 'ab'.repeat(32);
const classes = ['plane', '"quoted", ünïcode'];
const embeddings = mixture(300, 6, 5, 31);
const scores = { rows: 300, columns: 2, data: Float32Array.from({ length: 600 }, (_, i) => (i * 7) % 5) };
const targets = Array.from({ length: 300 }, (_, i) => classes[i % 2]!);
const statistics = {
  brightness: Float64Array.from({ length: 300 }, (_, i) => 1 / (i + 3)),
  noise: new Float64Array(300),
};
const profile = fitProfile({ embeddings, scores, targets, statistics }, { classes, tap: 'fc.0', weightsSha256: sha });

test('what is written reads back the same, to the last bit, and writes the same text', () => {
  const text = profileToJson(profile);
  const read = parseProfile(text, 'p.json');
  assert.equal(read, profile);
  assert.is(profileToJson(read), text);
  const reordered = Object.fromEntries(Object.entries(profile).reverse()) as unknown as Profile;
  assert.is(profileToJson(reordered), text);
});

test('a profile of which little is known', () => {
  const nothing = { fit: null, crossFit: null, groups: null, reference: null };
  const bare: Profile = { ...fitProfile({ embeddings }, {}, { clusters: 1 }), ...nothing };
  assert.equal(parseProfile(profileToJson(bare), 'p.json'), bare);
});

test('30 clusters of 128 dimensions take far less than 1 MB, with a full sample', () => {
  const rows = 2500;
  const data = Float32Array.from({ length: rows * 10 }, (_, i) => ((i * 7919) % 101) / 101);
  const scores = { rows, columns: 10, data };
  const baseline = { embeddings: mixture(rows, 128, 30, 32), scores, statistics: { noise: data.slice(0, rows) } };
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  const large = fitProfile(baseline, { classes: names }, { clusters: 30, restarts: 1 });
  assert.is(large.reference!.sample.keys.length, 1000);
  assert.is(large.reference!.projection.components.rows, 32);
  assert.ok(profileToJson(large).length < 800_000, `${profileToJson(large).length} characters`);
});

test('a profile of another version is refused, with what to do', () => {
  for (const version of [1, 4, 6]) {
    const text = changed('version', version).replace('"clusters"', '"bins"');
    const told = new RegExp(`profile version ${version}, this image-drift reads version 5`);
    refused(() => parseProfile(text, 'p.json'), 'PROFILE_VERSION', told);
  }
});

test('a member that every profile has may not be left out', () => {
  for (const path of ['counted', 'cross_fit', 'groups.drawn_keys', 'reference.correlations']) {
    refuses('PROFILE_MEMBER_INVALID', [[path, undefined, new RegExp(`^p\\.json: ${path.replaceAll('.', '\\.')}: `)]]);
  }
});

test('cross-fitted counts that disagree with the rest', () => {
  refuses('PROFILE_CROSS_FIT_INVALID');
});

test('a reference whose members disagree', () => {
  refuses('PROFILE_REFERENCE_INVALID');
  const text = changed('reference.statistics.brightness.centre', 'HERE').replace('"HERE"', '1e999');
  refused(() => parseProfile(text, 'p.json'), 'PROFILE_MEMBER_INVALID', /reference\.statistics\.brightness\.centre/);
});

/** Code → path of a member, its value, and what the message says. */
const DAMAGED = fixture<Record<string, [path: string, value: unknown, message: string][]>>('damaged_profiles.json');

function refuses(
  code: string,
  cases: readonly (readonly [path: string, value: unknown, message: RegExp | string])[] = DAMAGED[code]!,
): void {
  for (const [path, value, message] of cases) {
    refused(() => parseProfile(changed(path, value), 'p.json'), code, new RegExp(message));
  }
}

/** The text of the profile with another value at a path like `clusters.1.count`; undefined takes the member out. */
function changed(path: string, value: unknown): string {
  const json: unknown = JSON.parse(profileToJson(profile));
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce((node, name) => node[name] as Json, json as Json);
  parent[last] = value;
  return JSON.stringify(json);
}

type Json = Record<string, unknown>;

test('members that this version does not know are ignored', () => {
  assert.equal(parseProfile(changed('moments', [1, 2]), 'p.json'), profile);
  assert.equal(parseProfile(changed('clusters.0.radius', 3), 'p.json'), profile);
});

test('text that is not a profile', () => {
  for (const [text, says] of [
    ['PAR1\u0015\u0004', /^p\.json: not a profile, but a parquet file/],
    ['{"format":', /^p\.json: not a profile/],
    ['['.repeat(1e6), /^p\.json/],
  ] as const) {
    refused(() => parseProfile(text, 'p.json'), 'PROFILE_NOT_JSON', says);
  }
  for (const text of ['null', '[]', '3', '{}', '{"format":"other","version":1}']) {
    refused(() => parseProfile(text, 'p.json'), 'PROFILE_NOT_A_PROFILE', /"image-drift-profile"/);
  }
  refused(() => parseProfile(' '.repeat(2 ** 26 + 1), 'p.json'), 'PROFILE_TOO_LARGE', /67,108,865 characters/);
});

test('members of another kind are named', () => {
  const cases: [string, unknown][] = [
    ['rows', '300'],
    ['rows', -1],
    ['fit.rows', undefined],
    ['weights_sha256', 'abc'],
    ['clusters.1.count', 0.5],
    ['clusters', []],
    ['classes.0', 1],
  ];
  for (const [path, value] of cases) {
    refuses('PROFILE_MEMBER_INVALID', [[path, value, new RegExp(`^p\\.json: ${path.replaceAll('.', '\\.')}: `)]]);
  }
});

test('lengths and counts that disagree: both numbers', () => {
  const short = changed('clusters.2.centroid', [1, 2, 3, 4, 5]);
  refused(() => parseProfile(short, 'p.json'), 'PROFILE_DIMENSIONS_INVALID', /cluster 2 has 5 values, .* 6/);
  refuses('PROFILE_COUNTS_INVALID');
});

test('centroids that are not finite numbers', () => {
  for (const value of ['null', '"1"', '1e999', '[]']) {
    const text = changed('clusters.1.centroid.3', 'HERE').replace('"HERE"', value);
    refused(() => parseProfile(text, 'p.json'), 'PROFILE_CENTROID_NOT_FINITE', /value 3 .* cluster 1/);
  }
});
