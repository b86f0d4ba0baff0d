/** A page of `image-drift/browser` that esbuild bundles with all that it reaches, on a host of this process. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { bundledModels } from '../../weights/index.js';
import { packageRoot, temporaryFolder } from '../support/test.js';

const ISOLATION = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
] as const;

/** What the page runs. */
const PROGRAM = `
  import * as drift from 'image-drift/browser';

  async function files(names) {
    const blobs = names.map(async (name) => [name, await (await fetch('/data/' + name)).blob()]);
    return Object.fromEntries(await Promise.all(blobs));
  }

  async function outputsOf(embedder, { data, ...batch }) {
    const all = [];
    for await (const { taps, scores } of embedder.run([{ ...batch, data: Uint8Array.from(data) }])) {
      for (const values of [...taps.values()].map((tap) => tap.data).concat(scores ?? [])) all.push(Array.from(values));
    }
    const found = { isolated: crossOriginIsolated, threads: embedder.threads, all };
    await embedder.close();
    return found;
  }

  export async function outputs(weights, threads, batch, layers) {
    const options = { precision: 'reproducible', threads, ...(layers && { tap: layers }) };
    const given = Object.entries(await files(weights)).map(([path, blob]) => [path.split('/').pop(), blob]);
    return outputsOf(await drift.openWeights(Object.fromEntries(given), options), batch);
  }

  export async function convert(names, folder) {
    const given = await files(names);
    const inside = Object.entries(given).map(([path, content]) => [folder + '/' + path, content]);
    const { config, sha256, files: weights } = await drift.convertModel(Object.fromEntries(inside));
    return { backbone: config.backbone, sha256, names: Object.keys(weights).sort() };
  }

  export async function convertAndRun(name, options, threads, batch) {
    const { sha256, files: weights } = await drift.convertModel(await files([name]), options);
    const embedder = await drift.openWeights(weights, { precision: 'reproducible', threads });
    return { sha256, ...(await outputsOf(embedder, batch)) };
  }

  export async function convertAndEmbed(name, options, images) {
    const { sha256, files: weights } = await drift.convertModel(await files([name]), options);
    const embedder = await drift.openWeights(weights, { precision: 'reproducible' });
    const { events } = await drift.embed(embedder, await files([images]), { name: 'deep' });
    await embedder.close();
    return { sha256, events: Array.from(events) };
  }

  export async function judge(weights, [reference, production], photo) {
    const embedder = await drift.openWeights(await files(weights), { precision: 'reproducible' });
    const given = await files([reference, production]);
    const base = await drift.embed(embedder, { [reference]: given[reference] }, { name: 'baseline' });
    const week = await drift.embed(embedder, { [production]: given[production] }, { name: 'week' });
    const profile = await drift.fitProfile(base.events, { clusters: 5 });
    const measurement = await drift.measure(profile, { week: week.events }, { exemplars: 5 });
    const page = await drift.report(profile, measurement, { baseline: base.events, umap: false });
    const photos = [new File([Uint8Array.from(photo)], 'a.jpg'), new File(['nothing'], 'b.jpg')];
    const { threads } = embedder;
    const mixed = await drift.embed(embedder, photos, { name: 'files', maxRejected: 1 });
    await embedder.close();
    const read = drift.parseProfile(drift.profileToJson(profile), 'profile.json');
    return {
      tables: [base, week].map(({ events }) => Array.from(events)),
      drift: measurement.report,
      page,
      rows: [base.rows, read.rows, mixed.rows],
      rejections: mixed.rejections,
      threads,
    };
  }

  export async function judgeOn(weights, options, batch, sets) {
    (await import('image-drift/browser/webgpu')).allowWebgpu();
    const notices = [];
    const onNotice = (text) => notices.push(text);
    const embedder = await drift.openWeights(await files(weights), { ...options, onNotice });
    const given = await files(sets);
    const events = {};
    for (const [path, content] of Object.entries(given)) {
      const name = path.split('.')[0];
      events[name] = (await drift.embed(embedder, { [path]: content }, { name })).events;
    }
    const { baseline: base, ...windows } = events;
    const { report } = await drift.measure(await drift.fitProfile(base, { clusters: 5 }), windows, { detect: 0.5 });
    const { backend, device, difference } = embedder;
    return { backend, device, difference, notices, windows: report.windows, ...(await outputsOf(embedder, batch)) };
  }
`;

export const MODEL = bundledModels[0]!.folder;
const { weightsManifest } = JSON.parse(readFileSync(join(MODEL, 'model.json'), 'utf8')) as {
  weightsManifest: [{ paths: string[] }];
};
export const WEIGHTS = ['model.json', ...weightsManifest[0].paths];
export const SETS = ['reference.npz', 'production.npz'];

export interface ServedBundle {
  server: Server;
  metafile: Metafile;
  origin: string;
}

/** @param pathOf name under `/data/` → file; default: of the bundled model and samples. Under `/isolated/` the page may have threads */
export async function serveBundle(pathOf: (name: string) => string = bundledPath): Promise<ServedBundle> {
  const entry = (path: string) => ({ in: join(packageRoot, 'dist', path), out: basename(path, '.js') });
  const out = temporaryFolder();
  const { metafile } = await build({
    stdin: { contents: PROGRAM, resolveDir: packageRoot, sourcefile: 'main.js' },
    entryPoints: [entry('engine/workers/worker.js'), entry('data/images/pool/image-worker.js')],
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    metafile: true,
    logLevel: 'silent',
  });
  const server = createServer(({ url = '/' }, answer) => {
    const [, folder, name = ''] = /^\/(isolated\/|data\/|)([^?]*)$/.exec(url)!;
    const type = name === '' ? 'text/html' : name.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
    if (url !== '/') for (const [header, value] of ISOLATION) answer.setHeader(header, value);
    answer.setHeader('Content-Type', type);
    if (name === '') answer.end('<!doctype html><link rel=icon href=data:,><title>page</title>');
    else answer.end(readFileSync(folder === 'data/' ? pathOf(name) : join(out, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, metafile, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export function bundledPath(name: string): string {
  return join(SETS.includes(name) ? join(packageRoot, 'samples/fashion-mnist') : MODEL, name);
}

/** The expression that calls a function of the page's program. */
export function call(name: string, ...given: unknown[]): string {
  return `import('/stdin.js').then((program) => program[${JSON.stringify(name)}](...${JSON.stringify(given)}))`;
}
