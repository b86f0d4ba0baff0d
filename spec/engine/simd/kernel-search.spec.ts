/**
 * The search takes the fastest kernels that compute correctly and give the same bits at every start. It turns off wrong
 * ones one feature at a time.
 * @long: many searches, some in processes of their own
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Flag, knownFlags, listed, readModule } from '../../../engine/backends/simd/builds/compile-module.js';
import { type Build, type KernelModule, modulesOf } from '../../../engine/backends/simd/builds/modules.js';
import { findKernels, type KernelSources } from '../../../engine/backends/simd/trial/kernel-search.js';
import { isRemembered, searchApart } from '../../../engine/backends/simd/trial/search-apart.js';
import { assert, plainEnvironment, temporaryFolder, test } from '../../support/test.js';

type Cache = KernelSources['cache'];
type Candidate = Parameters<NonNullable<KernelSources['isRight']>>[1];

function memoryCache(): Cache & { sets: number } {
  const kept = new Map<string, Parameters<Cache['set']>[1]>();
  return {
    sets: 0,
    get: (key) => (kept.has(key) ? { key, at: 0, ...kept.get(key)! } : null),
    set(key, value) {
      this.sets++;
      kept.set(key, value);
    },
  };
}

/** Searches with everything available except for the given changes; records which candidates were tried. */
async function search(told: Partial<KernelSources> = {}) {
  const tried: Candidate[] = [];
  const usual = { modules: modulesOf('any'), read: readModule, knownFlags, cache: memoryCache() };
  const sources: KernelSources = { ...usual, ...told };
  const { isRight } = told;
  if (isRight !== undefined) {
    sources.isRight = (module, candidate) => {
      tried.push(candidate);
      return isRight(module, candidate);
    };
  }
  return { ...(await findKernels(sources)), tried };
}

test('the fastest is found, said, and from then on only tested', async () => {
  const cache = memoryCache();
  const { kernels, reason } = await search({ cache });
  assert.ok(kernels !== null, reason);
  assert.match(reason, /^our WebAssembly kernels: (128|256)-bit, .*, tiles of \d+x16, \d+ GFLOP\/s a core$/);
  assert.is(cache.sets, 1);
  const again = await search({ cache, knownFlags: () => Promise.reject(new Error('V8 need not be asked again')) });
  assert.is(again.reason, reason);
  assert.is(cache.sets, 1);
});

test('a stopwatch chooses among the tiles of one build, never between builds, whose bits differ', async () => {
  const builds = new Set<Build>();
  const tiles = new Set<string>();
  // Each candidate is the fastest in one of the searches.
  for (let fastest = 0; fastest < 6; fastest++) {
    let asked = 0;
    const { kernels } = await search({ measure: () => (asked++ === fastest ? 2e9 : 1e9) });
    builds.add(kernels!.build);
    tiles.add(kernels!.tile);
  }
  assert.is(builds.size, 1);
  assert.ok(tiles.size > 1);
});

test('a remembered rate that no stopwatch gives is searched for anew', () => {
  const entry = { build: 'plain', tile: '2x16', revectorized: false, known: [] };
  assert.ok(isRemembered({ ...entry, multiplyAdds: 2e10 }));
  for (const multiplyAdds of [-1, 0, 1e300, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined]) {
    assert.not(isRemembered({ ...entry, multiplyAdds }), String(multiplyAdds));
  }
});

test('a remembered choice that no longer computes rightly is searched for anew', async () => {
  const cache = memoryCache();
  const first = (await search({ cache })).kernels!;
  let asked = 0;
  const { kernels } = await search({
    cache,
    isRight: (_, { tile, build }) => asked++ > 0 && !(tile === first.tile && build === first.build),
  });
  assert.ok(kernels !== null && !(kernels.tile === first.tile && kernels.build === first.build));
});

test('wrong with fused instructions: they are turned off as a whole', async () => {
  const fuses = (await knownFlags()).has('experimental-wasm-revectorize');
  const { kernels, tried } = await search({ isRight: (_, { revectorized }) => !revectorized });
  assert.is(kernels!.revectorized, false);
  const triedFused = tried.some(({ revectorized }) => revectorized);
  assert.is(triedFused, fuses);
});

test('wrong with one build, or with one tile: another', async () => {
  assert.is((await search({ isRight: (_, { build }) => build === 'plain' })).kernels!.build, 'plain');
  assert.is((await search({ isRight: (_, { tile }) => tile === '2x16' })).kernels!.tile, '2x16');
});

test('all wrong, or nothing built: none, and why', async () => {
  assert.is((await search({ isRight: () => false })).kernels, null);
  assert.is((await search({ isRight: () => false })).reason, 'its kernels compute wrongly here');
  assert.match((await search({ read: () => null })).reason, /npm run build/);
});

test('a V8 of which nothing is known gets no switches, and computes', async () => {
  const { kernels } = await search({ knownFlags: async () => new Set<Flag>() });
  assert.ok(kernels !== null);
  assert.is(kernels.revectorized, false);
});

test('a build that V8 refuses is left out', async () => {
  const read = (module: KernelModule) =>
    module.build === 'relaxed' ? Uint8Array.of(0, 97, 115, 109, 9, 9, 9, 9) : readModule(module);
  assert.is((await search({ read })).kernels!.build, 'plain');
});

test('a list of switches', () => {
  const list = [
    'Options:',
    '  --liftoff (enable)',
    '        type: bool  default: --liftoff',
    '  --wasm-inlining (enable)',
    '        type: bool  default: --no-wasm-inlining',
    '  --other (see --wasm-lazy-compilation)',
    '        type: bool  default: --other',
  ].join('\n');
  // Inlining is off by default there, as it is wanted.
  assert.equal([...listed(list)], ['liftoff']);
  assert.equal([...listed('')], []);
});

test('what another process found is taken where it computes rightly here', async () => {
  const cache = memoryCache();
  const found = await searchApart('any');
  assert.ok(found !== null);
  const { kernels } = await search({
    cache,
    searchApart: async () => found,
    knownFlags: () => Promise.reject(new Error('this process does not ask')),
  });
  assert.is(kernels!.tile, found.tile);
  assert.is(cache.sets, 1);
});

test('where every other process was ended, this one sets no switch and computes', async () => {
  const { kernels } = await search({
    searchApart: async () => null,
    knownFlags: () => Promise.reject(new Error('switches that no process survived are not asked for')),
  });
  assert.ok(kernels !== null);
  assert.is(kernels.revectorized, false);
});

test('a switch that ends the process ends only the one that tries it', async () => {
  const script = (name: string) => new URL(`../../support/simd/${name}.js`, import.meta.url);
  assert.equal((await searchApart('any', script('ending-search')))?.known, []);
  assert.is(await searchApart('any', script('ending-process')), null);
});

const report = fileURLToPath(new URL('../../support/try-backend.js', import.meta.url));

test('a Node without SharedArrayBuffer has the backend, on the calling thread', () => {
  const args = ['--no-harmony-sharedarraybuffer', report, 'simd'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: plainEnvironment() });
  // A later V8 no longer has the switch: there it is always shared.
  if (/bad option/.test(stderr)) return;
  assert.is(stderr, '');
  const { availability, error } = JSON.parse(stdout);
  assert.ok(availability.ok);
  assert.is(error, null);
});

test('a start in a new process prints nothing, whatever V8 knows', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [report, 'simd'], {
    encoding: 'utf8',
    env: { ...plainEnvironment(), XDG_CACHE_HOME: temporaryFolder() },
  });
  assert.is(stderr, '');
  assert.ok(JSON.parse(stdout).availability.ok);
});
