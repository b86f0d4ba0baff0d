import { isOlder } from '../../../fiddler/client/client.js';
import { centroidsOf, checkName, type ModelSpec, serverTime } from '../../../fiddler/client/index.js';
import { assert, readFixture, refusal, test } from '../../support/test.js';
import { served, withServer } from './support/client.js';
import { type Answer, refused } from './support/scripted-server.js';

const of = (server_version: string, headers: Record<string, string> = {}): Answer => ({
  data: { server_version, feature_flags: {}, organization: { id: 'o', name: 'acme' } },
  headers,
});

served('is asked once, and again after an error', [refused(403), of('25.12.0')], async ({ client, server }) => {
  await refusal('FORBIDDEN', () => client.serverInfo());
  const [a, b] = await Promise.all([client.serverInfo(), client.serverInfo()]);
  assert.is(a, b);
  assert.is(a.organization?.name, 'acme');
  assert.is(server.asked.length, 2);
});

served('an old server is refused', [of('24.3.9-abc')], async ({ client }) => {
  await refusal('SERVER_TOO_OLD', () => client.serverInfo(), { message: /24\.3\.9-abc.*24\.4\.0/, exitCode: 4 });
});

const NEW = ['24.4.0', '24.4.0-rc1', '24.19.0-abcdef', '26.11', 'v26.1.0', '100.0.0', '', 'mainbuild'];
const OLD = ['24.3.10', '24.3', '9.9.9'];
for (const version of [...NEW, ...OLD]) {
  const old = OLD.includes(version);
  test(`${version} is ${old ? '' : 'not '}too old`, () => assert.is(isOlder(version, '24.4.0'), old));
}

test('a clock that is off is told', async () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  const skewAt = async (date: string) => {
    return (await withServer([of('25.12.0', { date })], ({ client }) => client.serverInfo())).clockSkewSeconds;
  };
  const skew = await skewAt(inAnHour);
  assert.ok(skew !== null && Math.abs(skew - 3600) <= 60, String(skew));
  assert.is(await skewAt('nonsense'), null);
});

const NOT_FIDDLER: [string, Answer][] = [
  ['a web page', { body: '<html><title>Welcome to nginx!</title></html>' }],
  ['a web page with 404', { status: 404, body: '<html><title>404</title></html>' }],
  ['another API', refused(404)],
];
for (const [name, answer] of NOT_FIDDLER) {
  served(`${name} is no Fiddler`, [answer], async ({ client }) => {
    await refusal('NOT_FIDDLER', () => client.serverInfo(), { hint: /FIDDLER_URL/ });
  });
}

test('dates of every form are read as UTC', () => {
  const when = Date.UTC(2023, 10, 22, 16, 50, 57, 705);
  const texts = ['2023-11-22 16:50:57.705784', '2023-11-22T16:50:57.705784+00:00', '2023-11-22T17:50:57.705+01:00'];
  for (const form of [...texts, when]) assert.is(serverTime(form)?.getTime(), when, String(form));
  assert.is(serverTime('2023-11-22')?.getTime(), Date.UTC(2023, 10, 22));
  for (const none of [null, undefined, '', 'yesterday']) assert.is(serverTime(none), null);
});

type Name = [kind: Parameters<typeof checkName>[0], name: string, suggestion: string | null, problem: string | null];

for (const [kind, name, suggestion, problem] of readFixture<Name[]>('fiddler', 'names.json')) {
  test(`the ${kind} name ${name}`, () => {
    const found = checkName(kind, name);
    assert.is(found.suggestion, suggestion);
    if (problem === null) assert.is(found.problem, null);
    else assert.match(found.problem ?? '', new RegExp(problem));
    if (suggestion !== null) assert.is(checkName(kind, suggestion).problem, null);
  });
}

test('centroids are found in the feature, or in the enrichment that the server added', () => {
  const nothing = { schema_version: 1, inputs: [], outputs: [], targets: [], decisions: [], metadata: [] };
  const spec = (...custom_features: ModelSpec['custom_features']): ModelSpec => ({ ...nothing, custom_features });
  const feature = (centroids: unknown) => ({ name: 'f', type: 'FROM_IMAGE_EMBEDDING', centroids });
  const config = { cf: { name: 'f', centroids: [[3, 4]] } };
  const added = { name: 'Centroid Distance (f)', type: 'ENRICHMENT', config };
  const two = Array.of([1, 2], [3, 4]);
  assert.equal(centroidsOf(spec(feature(two)), 'f'), two);
  assert.equal(centroidsOf(spec(feature(null), added), 'f'), [[3, 4]]);
  for (const odd of [null, [], [1, 2], [[1], [1, 2]], [['a']], [[]]])
    assert.is(centroidsOf(spec(feature(odd)), 'f'), null);
  assert.is(centroidsOf(spec(feature([[1]])), 'g'), null);
});
