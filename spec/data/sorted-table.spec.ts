import { parquetWriteBuffer } from 'hyparquet-writer';
import { type ListingOptions, openListing } from '../../data/index.js';
import { told } from '../support/image-files.js';
import { assert, refusal, test, written } from '../support/test.js';

async function same(path: string, options: ListingOptions = {}): Promise<void> {
  const wanted = await told(await openListing([path], { ...options, sortedOnDisk: Number.POSITIVE_INFINITY }));
  const found = await told(await openListing([path], { ...options, sortedOnDisk: 0 }));
  assert.equal(found, wanted, path);
}

const ROWS = [
  'b/2.png,1,,x,2024-01-01',
  'a/1.png,007,2.5,"",2024-01-02',
  'b/2.png,3,-0,y,later',
  ',4,1e3,z,2024-01-04',
];
const csv = written('t.csv', `path,code,weight,text,day\n${ROWS.join('\n')}\n"c/""3"".png",5,,"a,b",\n`);

test('csv: order, a key that is there twice, a row without a path, and types of all values', async () => {
  await same(csv);
  await same(csv, { labels: 'code' });
  await same(csv, { labels: null });
  await same(csv, { imageColumn: 'text' });
  await same(written('times.csv', 'path,day,whole\na,2024-01-01,1\nb,,2\nc,2024-02-02,99999999999999999999\n'));
});

test('labels of folders, as classes, as numbers, or not at all', async () => {
  const classes = ['a', 'b', 'c'];
  await same(written('folders.csv', 'path\na/1.png\nb/1.png\nc/1.png\na/2.png\n'), { classes });
  await same(written('others.csv', 'path\na/1.png\nx/1.png\n'), { classes });
  await same(written('deep.csv', 'path\na/1.png\nb/deep/1.png\n'), { classes });
  await same(written('numbers.csv', 'path\nx/1.png\ny/1.png\nz/1.png\n'), { classes, labels: 'folder' });
  await same(written('files.csv', 'path\n/x/1.png\n/1.png\n1.png\n'), { classes });
  const none = written('none.csv', 'path\nx/1.png\n1.png\n');
  const urls = written('urls.csv', 'url\nhttps://h/a.png\n');
  for (const sortedOnDisk of [0, Number.POSITIVE_INFINITY]) {
    await refusal('LABELS_FOLDER', () => openListing([none], { labels: 'folder', sortedOnDisk }));
    await refusal('LABELS_COLUMN', () => openListing([none], { labels: 'x', sortedOnDisk }));
    await refusal('IMAGES_NONE', () => openListing([written('empty.csv', 'path\n')], { sortedOnDisk }));
    const listing = await openListing([urls], { sortedOnDisk });
    for await (const { read } of listing.entries()) await refusal('IMAGE_URL', read);
    await listing.close();
  }
});

test('JSON lines and parquet: numbers, times, big numbers, lists that are left out', async () => {
  const lines = [
    { path: 'b', n: 1, ok: true, list: [1], text: '' },
    { path: 'a', n: -0.5, ok: false, text: 'x' },
  ];
  await same(written('t.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')));
  const columnData = [
    { name: 'path', data: ['b', 'a', 'c'] },
    { name: 'label', data: [3n, 1n, 2n] },
    { name: 'big', data: [2n ** 60n, 1n, -5n] },
    { name: 'real', data: [Number.NaN, -0, 1.5] },
    { name: 'when', data: [new Date(5), new Date(7), new Date(9)], type: 'TIMESTAMP' as const },
    { name: 'text', data: ['', 'x', 'y'] },
  ];
  await same(written('t.parquet', new Uint8Array(parquetWriteBuffer({ columnData }))));
});
