import { join } from 'node:path';
import * as face from '../../index.js';
import * as pipeline from '../../pipeline/index.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

/** The functions as JavaScript sees them. */
type Loose = Record<string, (...args: unknown[]) => unknown>;
const loose = face as unknown as Loose;
const rooms = pipeline as unknown as Loose;
const embedders = face.Embedder as unknown as Loose;
const WEIGHTS = join(packageRoot, 'weights', 'fashion-mnist-resnet18');

/** Each call with a misspelt option, and the name that it gives the function. Nobody looks at earlier arguments. */
const CALLS: readonly [name: string, call: (options: unknown) => unknown, typed: string, meant: string][] = [
  ['Embedder', (options) => embedders['load']!(WEIGHTS, options), 'treads', 'threads'],
  ['Embedder', (options) => embedders['create']!({ tensors: new Map() }, options), 'backends', 'backend'],
  ['convertCheckpoint', (options) => loose['convertCheckpoint']!('x.pth', 'w', options), 'clases', 'classes'],
  ['convertToOnnx', (options) => loose['convertToOnnx']!('x.pth', 'x', options), 'head_activation', 'headActivation'],
  ['embedImages', (options) => loose['embedImages']!(null, 'x.npz', 'e.csv', options), 'max_rejected', 'maxRejected'],
  ['examineEngines', (options) => loose['examineEngines']!(options), 'devices', 'device'],
  ['openImages', (options) => loose['openImages']!('x.npz', options), 'image', 'images'],
  ['openEvents', (options) => loose['openEvents']!('x.csv', options), 'embedding_column', 'embeddingColumn'],
  ['openEventWriter', (options) => loose['openEventWriter']!('x.csv', {}, options), 'rowGroupRow', 'rowGroupRows'],
  ['fitProfileFromEvents', (options) => loose['fitProfileFromEvents']!('x.csv', options), 'k-clusters', 'clusters'],
  ['measureWindows', (options) => loose['measureWindows']!({}, ['x.csv'], options), 'aplha', 'alpha'],
  ['writeReport', (options) => loose['writeReport']!('x.html', {}, {}, options), 'Umap', 'umap'],
  ['runDrill', (options) => loose['runDrill']!(null, 'x.npz', {}, options), 'windowSize', 'windowSizes'],
  ['explainWindows', (options) => rooms['explainWindows']!(null, 'x.npz', {}, [], options), 'budgets', 'budget'],
  ['explainMeasurement', (options) => rooms['explainMeasurement']!(0, 'x', {}, {}, options), 'candidate', 'candidates'],
  [
    'initMonitor',
    (options) => rooms['initMonitor']!('state', 'p.json', options),
    'falseAlarmsEvery',
    'falseAlarmEvery',
  ],
  ['onboard', (options) => loose['onboard']!({}, options), 'cluster', 'clusters'],
  ['publishEvents', (options) => loose['publishEvents']!({}, options), 'timestamp', 'timestamps'],
  ['verify', (options) => loose['verify']!({}, options), 'tolerence', 'tolerance'],
  ['FiddlerClient', (options) => new face.FiddlerClient(options as never), 'insecureHTTPS', 'insecureHttp'],
];

for (const [name, call, typed, meant] of CALLS) {
  test(`${name} names ${typed}, which it has not, and ${meant}`, async () => {
    const error = await refusal('OPTION_UNKNOWN', async () => call({ [typed]: 1 }));
    assert.is(error.message, `${name}: there is no option ${typed}`);
    assert.is(error.hint, `Did you mean ${meant}?`);
    assert.is(error.exitCode, 2);
  });
}

test('a value that the flag refuses is refused by the call, without a word of flags', async () => {
  const wrong: [call: string, options: object, says: RegExp][] = [
    ['measureWindows', { window: '2h' }, /^measureWindows: window is "2h", it takes 1h, 1d, 1w$/],
    ['fitProfileFromEvents', { group: 5 }, /^fitProfileFromEvents: group is 5, it takes a text$/],
    ['embedImages', { statistics: 'no' }, /^embedImages: statistics is "no", it takes a boolean$/],
    ['embedImages', { background: 'white' }, /^embedImages: background takes a colour such as ffffff, not white$/],
    ['runDrill', { windowSizes: '50,x' }, /^runDrill: windowSizes takes a whole number of at least 1, not x$/],
    ['explainWindows', { budget: '5 min' }, /^explainWindows: budget 5 min: a time such as 60s, 5m or 1h is needed$/],
    ['initMonitor', { season: '7' }, /^initMonitor: season 7: a time such as 365d, 24h or 52w is needed$/],
  ];
  for (const [name, options, says] of wrong) {
    const [, call] = CALLS.find(([known]) => known === name)!;
    const error = await refusal('BAD_OPTION', async () => call(options), says);
    assert.is(error.exitCode, 2);
    assert.not.match(`${error.message} ${error.hint}`, / --/);
  }
});

test('what is no embedder is told, with what to pass', async () => {
  const given: [unknown, string][] = [
    ['weights/mine', '"weights/mine"'],
    [null, 'null'],
    [Promise.resolve(), 'a promise'],
  ];
  for (const [embedder, told] of given) {
    for (const call of [
      () => loose['embedImages']!(embedder, 'x.npz', 'e.csv'),
      () => loose['runDrill']!(embedder, 'x.npz', {}),
      () => rooms['explainWindows']!(embedder, 'x.npz', {}, []),
      () => rooms['explainMeasurement']!(embedder, 'x.npz', {}, {}),
    ]) {
      const error = await refusal('BAD_OPTION', async () => call(), `its embedder is ${told}, not an Embedder`);
      assert.match(error.hint!, 'await Embedder.load(folder)');
    }
  }
});

test('every function with options is among them', () => {
  const asked = new Set(CALLS.map(([name]) => name));
  const without = new Set([
    ...['bundledModels', 'weightsFolder', 'countProfileShard', 'mergeProfileFiles', 'readProfile', 'writeProfile'],
    ...['jensenShannonDistance', 'CodedError', 'openMonitor'],
  ]);
  const functions = Object.entries(loose).filter(([, value]) => typeof value === 'function');
  const missed = functions.map(([name]) => name).filter((name) => !asked.has(name) && !without.has(name));
  assert.equal(missed, []);
});

test('columns of a shard are those of openEvents', async () => {
  const shard = () => loose['countProfileShard']!({ classes: [] }, 'x.csv', 0, { score: ['a'] });
  assert.match((await refusal('OPTION_UNKNOWN', async () => shard())).hint ?? '', 'scores');
});

test('a name that is near to none: all that there are; what is undefined is left out; options that are no object', async () => {
  const load = async (options: unknown) => embedders['load']!(WEIGHTS, options);
  const far = await refusal('OPTION_UNKNOWN', () => load({ 'esc\u001b[31m': true }));
  assert.is(far.message, 'Embedder: there is no option esc\\u001b[31m');
  assert.match(far.hint ?? '', /^There are tap, scores, batch, .*onNotice\.$/);
  assert.match((await refusal('BAD_OPTION', () => load('fc.0'))).message, 'options are an object, not "fc.0"');
  await refusal('BAD_OPTION', () => load(null));
  const embedder = await face.Embedder.load(WEIGHTS, { threads: 0, ...({ treads: undefined } as object) });
  await embedder.close();
});

test('a base that there is not', async () => {
  const distance = async () => loose['jensenShannonDistance']!([1, 2], [2, 1], { base: 10 });
  assert.match((await refusal('OPTION_OUT_OF_RANGE', distance)).message, 'base is 10, 2 or "e" is possible');
});
