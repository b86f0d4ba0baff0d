import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type EmbedImagesOptions, embedImages, inspect, makeThumbnails } from '../../pipeline/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { rowImages, tar, writeFiles } from '../support/image-files.js';
import { loadNarrow } from '../support/narrow-run.js';
import { writeNpz } from '../support/npz-file.js';
import { type Site, type SiteFault, type SiteOptions, serveSite } from '../support/site.js';
import { assert, endedWith, refusal, runCli, runCliAlone, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE] = [6, 16];
const { data, image } = rowImages(ROWS, SIDE);
const rows = Array.from({ length: ROWS }, (_, row) => row);
const nameOf = (row: number) => `${row < 3 ? 'cat' : 'dog'}/ü ${String(row).padStart(3, '0')}#?.png`;
const photos = Object.fromEntries(rows.map((row) => [nameOf(row), image(row)]));
const IMAGE_COLUMN = { name: 'image', data: rows.map(image), type: 'BYTE_ARRAY' as const };
const files: Record<string, Buffer> = {
  'set.tar': tar(rows.map((row) => ({ name: nameOf(row), bytes: image(row) })).reverse()),
  'set.zip': Buffer.from(zipSync(photos)),
  'shard0.tar': tar(rows.slice(0, 3).flatMap(sample)),
  'shard1.tar': tar(rows.slice(3).flatMap(sample)),
  'set.parquet': Buffer.from(parquetWriteBuffer({ columnData: [IMAGE_COLUMN] })),
  'list.csv': Buffer.from(`path,who\n${rows.map((row) => `set/${nameOf(row)},${row}`).join('\n')}\n`),
  'list.jsonl': Buffer.from(rows.map((row) => `${JSON.stringify({ path: `set/${nameOf(row)}` })}\n`).join('')),
};
writeFiles(folder, files);
writeFiles(join(folder, 'set'), photos);
writeNpz(join(folder, 'set.npz'), { arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: data } });
files['set.npz'] = readFileSync(join(folder, 'set.npz'));
for (const [name, bytes] of Object.entries(photos)) files[`set/${name}`] = bytes;

function sample(row: number) {
  const key = String(row).padStart(4, '0');
  return [
    { name: `${key}.png`, bytes: image(row) },
    { name: `${key}.cls`, bytes: String(row % 2) },
    { name: `${key}.json`, bytes: JSON.stringify({ lux: row }) },
  ];
}

/** Longer than what is read at once. */
const large = tar([
  ...rows.map((row) => ({ name: nameOf(row), bytes: image(row) })),
  { name: 'x.bin', bytes: Buffer.alloc(600_000) },
]);

/** Each but `slow` costs a pause. */
const KINDS: SiteFault[] = [
  ...(['cut', null, null, 'slow', 'short', null, null] as const),
  ...(['unavailable', null, 'slow', null, 'long', null] as const),
];
const FAULTY: SiteOptions = { fault: (_, number) => KINDS[number % KINDS.length] ?? null };

const embedder = await loadNarrow({ classes: ['cat', 'dog'] });
test.after(() => embedder.close());

let runs = 0;
mkdirSync(join(folder, 'out'));

async function embedded(images: string | readonly string[], options: EmbedImagesOptions = {}) {
  const out = join(folder, 'out', `${runs++}.parquet`);
  const summary = await embedImages(embedder, images, out, { dataset: 'same', ...options });
  const { events, schema } = await readEvents(out);
  return { out, summary, events, source: schema.images };
}

async function at<T>(options: SiteOptions, work: (site: Site) => Promise<T>): Promise<T> {
  const site = await serveSite(files, options);
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}

test('a tar, a zip, shards, parquet, an npz and tables give what they give on the disk, whatever the server does', async () => {
  await at(FAULTY, async ({ url }) => {
    const names = Object.keys(files).filter((name) => !name.includes('/') && !name.startsWith('shard'));
    const sets = [...names.map((name) => [name]), ['shard{0,1}.tar'], ['shard1.tar', 'shard0.tar']];
    await Promise.all(
      sets.map(async (set) => {
        const local = await embedded(set.map((name) => join(folder, name)));
        const remote = await embedded(set.map((name) => url + name));
        assert.equal(remote.events, local.events, set.join());
        assert.ok(JSON.stringify(remote.source).includes(url), set.join());
        assert.is(local.events.rows, ROWS);
      }),
    );
    const wanted = (await embedded(join(folder, 'set'), { labels: 'folder' })).events;
    assert.equal((await embedded(`${url}set.tar`, { labels: 'folder' })).events, wanted);
    const signed = await embedded(`${url}set.zip?sig=secret`, { labels: 'folder' });
    assert.equal(signed.events, wanted);
    assert.is(signed.source, null);
  });
});

test('the same where a server knows no ranges', async () => {
  await at({ fault: () => 'no ranges' }, async (site) => {
    const wanted = (await embedded(join(folder, 'set'))).events;
    site.files.set('large.tar', large);
    for (const name of ['large.tar', 'set.zip']) assert.equal((await embedded(site.url + name)).events, wanted);
    const ranges = site.seen.map(({ headers }) => headers.range);
    assert.equal(ranges, ['bytes=0-262143', 'bytes=0-', 'bytes=0-262143']);
  });
});

test('few requests: a header of a tar is not one', async () => {
  await at({}, async ({ url, seen }) => {
    await embedded(`${url}set.tar`);
    assert.is(seen.length, 1);
    await embedded(`${url}shard{0,1}.tar`);
    assert.is(seen.length, 3);
  });
});

test('the name of a set is that of its last two parts, as on the disk', async () => {
  await at({}, async (site) => {
    site.files.set('a/set.tar', files['set.tar']!);
    writeFiles(join(folder, 'a'), { 'set.tar': files['set.tar']! });
    const local = await embedded(join(folder, 'a', 'set.tar'), { dataset: undefined });
    const remote = await embedded(`${site.url}a/set.tar?X-Amz-Signature=1`, { dataset: undefined });
    assert.equal(remote.events.eventIds, local.events.eventIds);
  });
});

test('one image that is not there is rejected; a server that is not there, or a set that changes, ends the run', async () => {
  await at({}, async (site) => {
    const lines = [`${site.url}set/cat/none.png`, `${site.url}${encodeURIComponent(nameOf(0))}`];
    site.files.set(nameOf(0), image(0));
    writeFileSync(join(folder, 'urls.csv'), `url\n${lines.join('\n')}\n`);
    const { out, events } = await embedded(join(folder, 'urls.csv'), { maxRejected: 1 });
    assert.equal(events.imageUrls, [lines[1]!]);
    const [rejected] = readFileSync(`${out}.rejected.jsonl`, 'utf8').split('\n');
    assert.is(JSON.parse(rejected!).code, 'DOWNLOAD_NOT_FOUND');
    assert.is((await refusal('DOWNLOAD_NOT_FOUND', () => embedded(`${site.url}none.tar`))).exitCode, 4);
  });
  let asked = 0;
  await at({ fault: () => (asked++ === 0 ? null : { etag: '"other"' }) }, async (site) => {
    site.files.set('large.tar', large);
    const { exitCode } = await refusal('DOWNLOAD_CHANGED', () => embedded(`${site.url}large.tar`, { maxRejected: 5 }));
    assert.is(exitCode, 5);
  });
});

test('nothing secret of a URL gets into events, messages or the list of rejected images', async () => {
  await at({}, async (site) => {
    const { url } = site;
    site.files.set('p.png', image(1));
    const secret = `${url}p.png?X-Amz-Credential=hush&X-Amz-Signature=hush&v=2`;
    const { events } = await embedded(secret);
    assert.equal(events.imageUrls, [`${url}p.png?v=2`]);
    const password = url.replace('//', '//me:hush@');
    writeFileSync(join(folder, 'secret.csv'), `url\n${password}p.png?a\n${secret}\n${url}none.png?token=hush\n`);
    const table = await embedded(join(folder, 'secret.csv'), { maxRejected: 2 });
    assert.not.match(readFileSync(`${table.out}.rejected.jsonl`, 'utf8'), /hush/);
    assert.not.match(JSON.stringify([...table.events.carried]), /hush/);
    for (const input of [`${password}p.png`, `${password}set.tar`]) {
      const error = await refusal(input.endsWith('tar') ? 'DOWNLOAD_URL' : 'IMAGES_REJECTED', () => embedded(input));
      assert.not.match(`${error.message} ${error.hint}`, /hush/);
    }
  });
});

test('a table of a server names files beside it, never files of this machine', async () => {
  await at({}, async (site) => {
    writeFiles(folder, { 'here.png': image(0) });
    const here = join(folder, 'here.png');
    const paths = [here, `../../../../../..${here}`, 'file:///etc/passwd', '//x/y.png'];
    site.files.set('deep/list.csv', Buffer.from(`path\n${paths.join('\n')}\nup.png\n`));
    site.files.set('deep/up.png', image(0));
    const { events, summary } = await embedded(`${site.url}deep/list.csv`, { maxRejected: 4 });
    assert.equal(events.imageUrls, ['up.png']);
    assert.is(summary.rejected, 4);
    assert.ok(site.seen.every(({ path }) => !path.includes('passwd') || path.startsWith('/')));
  });
});

test('--cache keeps what was fetched, and nothing is kept without it; inspect looks at URLs, too', async () => {
  const cache = join(folder, 'cache');
  await at({}, async ({ url, seen }) => {
    const first = await embedded(`${url}list.csv`, { cache });
    const before = seen.length;
    assert.equal((await embedded(`${url}list.csv`, { cache })).events, first.events);
    assert.ok(seen.slice(before).every(({ headers }) => headers['if-none-match'] !== undefined));
    assert.ok(readdirSync(cache, { recursive: true }).length > 2 * ROWS);
    const found = await inspect(`${url}set.tar`);
    assert.is(found.kind === 'images' && found.images, ROWS);
    const arrays = await inspect(`${url}set.npz`);
    assert.equal(arrays.kind === 'arrays' && arrays.arrays[0]?.shape, [ROWS, SIDE, SIDE, 3]);
    await refusal('DOWNLOAD_NOT_FOUND', () => inspect(`${url}none.tar`));
  });
});

test('a report has pictures of images at URLs where it may ask their server, and asks no server otherwise', async () => {
  const wanted = rows.map((row) => ({ table: 0, row }));
  await at({}, async ({ url, seen }) => {
    for (const name of ['set.tar', 'set.npz', `set/${encodeURIComponent(nameOf(0))}`]) {
      const { out: path, source: images, summary } = await embedded(url + name);
      const table = { path, images, rows: summary.rows };
      const before = seen.length;
      const silent = await makeThumbnails([table], wanted);
      assert.is(seen.length, before, name);
      assert.is(silent.sheet, null);
      assert.match(silent.problems.join(), /are not read here without --fetch-images/);
      const local = await embedded(join(folder, name.startsWith('set/') ? `set/${nameOf(0)}` : name));
      const shown = await makeThumbnails([{ path: local.out, images: local.source, rows: local.summary.rows }], wanted);
      assert.equal(await makeThumbnails([table], wanted, { fetch: true }), shown, name);
      assert.ok(shown.sheet);
    }
  });
});

test('a list of URLs in a table here, too; one that is gone is left out', async () => {
  await at({}, async ({ url, files: served }) => {
    const list = join(folder, 'urls.csv');
    writeFileSync(list, `path\n${rows.map((row) => `${url}set/${encodeURIComponent(nameOf(row))}`).join('\n')}\n`);
    const { out: path, source: images } = await embedded(list);
    served.delete(`set/${nameOf(4)}`);
    const wanted = rows.map((row) => ({ table: 0, row }));
    const { places, problems } = await makeThumbnails([{ path, images, rows: ROWS }], wanted, { fetch: true });
    assert.equal(places, [0, 1, 2, 3, null, 4]);
    assert.match(problems.join(), /1 of 6 images have no picture: .*004/);
  });
});

test('--offline holds for the pictures of a report, which are fetched on another thread', async () => {
  // Enough of them for a picture to be wanted.
  const many = Array.from({ length: 40 }, (_, i) => ({ name: `${i}.png`, bytes: image(i % ROWS) }));
  const { out: events } = await at({}, (site) => {
    site.files.set('many.tar', tar(many));
    return embedded(`${site.url}many.tar`);
  });
  // The other address has the same length, so the file's metadata stay whole.
  const elsewhere = readFileSync(events, 'latin1').replaceAll('//127.0.0.1:', '//192.0.2.1:');
  writeFileSync(events, elsewhere, 'latin1');
  const [profile, report] = [join(folder, 'elsewhere.json'), join(folder, 'elsewhere.html')];
  assert.is(runCli(['baseline', events, '--out', profile, '--clusters', '2']).status, 0);
  const drift = ['drift', events, '--baseline', profile, '--baseline-events', events, '--no-umap', '--report', report];
  // Alone: the computing thread of the other has begun without the flag.
  const offline = runCliAlone([...drift, '--fetch-images', '--offline']);
  endedWith(4, offline, /error OFFLINE: a connection to 192\.0\.2\.1 was asked for/);
  assert.is(runCli([...drift, '--offline']).status, 0);
});

test('--offline holds for URLs; a variable of another cache is not --cache', () => {
  endedWith(4, runCliAlone(['inspect', 'https://192.0.2.1/x.tar', '--offline', '--json']), '"OFFLINE"');
  const other = join(folder, 'other-cache');
  const env = { IMAGE_DRIFT_CACHE: other };
  assert.is(runCli(['inspect', join(folder, 'set')], { env }).status, 0);
  assert.throws(() => readdirSync(other), /ENOENT/);
});
