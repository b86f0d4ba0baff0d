/** The Hub's cache, shared with huggingface_hub: `hub.js PYTHON`. Each side uses what the other has downloaded. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fourImages, smallRepository } from '../support/hub-model.js';
import { type HubServer, serveHub } from '../support/hub-server.js';
import { packageRoot, temporaryFolder } from '../support/places.js';

const python = process.argv[2];
if (python === undefined) throw new Error('hub.js PYTHON');
const root = temporaryFolder();
const IMAGES = fourImages();

interface Cache {
  home: string;
  hub: HubServer;
}

/** Runs a program with the Hub's variables, and leaves the stand-in free to answer. */
async function run(program: string, args: readonly string[], { home, hub }: Cache, env: Record<string, string> = {}) {
  return promisify(execFile)(program, args, {
    env: { ...process.env, HF_HOME: home, HF_ENDPOINT: hub.endpoint, IMAGE_DRIFT_CACHE: join(home, 'ours'), ...env },
  });
}

/** `snapshot_download`, or `hf_hub_download` of one file. @returns the path that it gives */
async function byPython(cache: Cache, call: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(python as string, ['-c', `from huggingface_hub import *\nprint(${call})`], cache, env);
  return stdout.trim();
}

/** @returns what `embed` says on stderr */
async function byUs(cache: Cache, name: string, env: Record<string, string> = {}): Promise<string> {
  const main = join(packageRoot, 'dist/cli/main.js');
  const args = [main, 'embed', IMAGES, '--weights', name, '--out', join(root, 'out.parquet'), '--backend', 'simd'];
  return (await run(process.execPath, args, cache, env)).stderr;
}

/** Bodies of large files that were fetched since the last call. */
function fetched({ seen }: HubServer): number {
  const bodies = seen.filter(({ at, method }) => at === 'cdn' && method === 'GET');
  seen.length = 0;
  return bodies.length;
}

const OFFLINE = { HF_HUB_OFFLINE: '1' };
const SNAPSHOT = "snapshot_download('org/model')";
const hub = await serveHub();
try {
  const commit = hub.push('org/model', smallRepository());

  const ours = { home: join(root, 'ours-first'), hub };
  match(await byUs(ours, 'hf:org/model'), /hf:org\/model \([0-9a-f]{10}\): resnet, embedding: the output of/);
  equal(fetched(hub), 1);
  const file = await byPython(ours, "hf_hub_download('org/model', 'model.safetensors')", OFFLINE);
  deepEqual(readFileSync(file), smallRepository()['model.safetensors']);
  const snapshot = await byPython(ours, SNAPSHOT);
  ok(snapshot.endsWith(commit), snapshot);
  equal(fetched(hub), 0, 'huggingface_hub fetches what image-drift has downloaded');
  equal(
    await byPython(ours, "try_to_load_from_cache('org/model', 'preprocessor_config.json') is _CACHED_NO_EXIST"),
    'True',
  );
  equal(
    await byPython(ours, '[len(r.revisions) for r in scan_cache_dir().repos], scan_cache_dir().warnings'),
    '[1] []',
  );
  match(await byUs(ours, 'hf:org/model', OFFLINE), /resnet/);

  const theirs = { home: join(root, 'theirs-first'), hub };
  const folder = await byPython(theirs, SNAPSHOT);
  equal(fetched(hub), 1);
  match(await byUs(theirs, 'hf:org/model', OFFLINE), /resnet/);
  match(await byUs(theirs, 'hf:org/model'), /resnet/);
  equal(fetched(hub), 0, 'image-drift fetches what huggingface_hub has downloaded');

  const links = (at: string) => readdirSync(at).map((name) => [name, readlinkSync(join(at, name))]);
  deepEqual(links(folder), links(snapshot), 'both make the same links');

  const moved = hub.push('org/model', smallRepository('second'));
  match(await byUs(theirs, 'hf:org/model'), new RegExp(`main has moved from ${commit} to ${moved}`));
  ok((await byPython(theirs, SNAPSHOT, OFFLINE)).endsWith(moved));
  equal(fetched(hub), 1);
  console.log('The cache is one for both sides.');
} finally {
  await hub.close();
}
