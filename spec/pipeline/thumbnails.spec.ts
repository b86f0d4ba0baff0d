import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { type ArraySource, corruptBatch, decodeImage, type Image, resizeImage } from '../../data/index.js';
import { makeThumbnails, type ThumbnailTable } from '../../pipeline/index.js';
import type { ThumbnailSheet } from '../../report/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, longTest, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();

/** A table of random images, which are in a file beside it. */
function tableOf(name: string, rows: number, side: number, more: Partial<ArraySource> = {}) {
  const data = pixels(rows, side, rows);
  writeNpz(join(folder, `${name}.npz`), { pictures: { descr: '|u1', shape: [rows, side, side, 3], values: data } });
  const images: ArraySource = {
    ...{ file: `${name}.npz`, array: 'pictures', layout: 'nhwc', count: rows, corruption: null },
    ...more,
  };
  const table: ThumbnailTable = { path: join(folder, `${name}.parquet`), images, rows };
  const bytes = side * side * 3;
  const image = (row: number) => {
    return { height: side, width: side, data: data.subarray(row * bytes, (row + 1) * bytes) };
  };
  return { table, image };
}

function decoded({ uri }: ThumbnailSheet): Promise<Image> {
  const [type, text] = uri.split(';base64,') as [string, string];
  assert.match(type, /^data:image\/(png|jpeg)$/);
  return decodeImage(Buffer.from(text, 'base64'), 'sheet');
}

/** RGB of thumbnail `place`. */
function cell(sheet: ThumbnailSheet, picture: Image, place: number): number[] {
  const values: number[] = [];
  const [left, top] = [(place % sheet.columns) * sheet.width, Math.floor(place / sheet.columns) * sheet.height];
  for (let y = top; y < top + sheet.height; y++) {
    const at = 3 * (y * picture.width + left);
    values.push(...picture.data.subarray(at, at + 3 * sheet.width));
  }
  return values;
}

test('each wanted row is where it is said to be, to the pixel; the same row twice is one picture', async () => {
  const [small, other] = [tableOf('small', 50, 12), tableOf('other', 9, 12)];
  const pairs = [
    [0, 49],
    [1, 0],
    [0, 3],
    [0, 49],
    [1, 8],
  ] as const;
  const wanted = pairs.map(([table, row]) => ({ table, row }));
  const { sheet, places, problems } = await makeThumbnails([small.table, other.table], wanted);
  assert.equal(places, [0, 1, 2, 0, 3]);
  assert.equal(problems, []);
  assert.match(sheet!.uri, /^data:image\/png;base64,/);
  const picture = await decoded(sheet!);
  assert.equal([picture.width, picture.height], [sheet!.columns * 12, sheet!.rows * 12]);
  for (const [index, { table, row }] of wanted.entries()) {
    assert.equal(cell(sheet!, picture, places[index]!), Array.from([small, other][table]!.image(row).data));
  }
});

test('a picture that shows next to nothing is called what it is, by its own pixels', async () => {
  const SIDE = 96;
  const colours = [[0, 0, 0], [9, 5, 12], [130, 130, 130], [200, 10, 10], [255, 255, 255], null];
  const noise = pixels(1, SIDE, 3);
  const images = colours.map((colour) => (colour ? Uint8Array.from(noise, (_, i) => colour[i % 3]!) : noise));
  // A dot of light in the dark is something.
  const dot = Uint8Array.from(images[0]!);
  dot.fill(255, 0, dot.length / 8);
  const all = [...images, dot];
  const values = Uint8Array.from(all.flatMap((one) => [...one]));
  writeNpz(join(folder, 'plain.npz'), { pictures: { descr: '|u1', shape: [all.length, SIDE, SIDE, 3], values } });
  const source = { file: 'plain.npz', array: 'pictures', layout: 'nhwc', count: all.length, corruption: null } as const;
  const table = { path: join(folder, 'plain.parquet'), images: source, rows: all.length };
  // At 4 pixels noise is one gray, but the image is not.
  for (const side of [48, 4]) {
    const wanted = all.map((_, row) => ({ table: 0, row }));
    assert.equal(
      [...(await makeThumbnails([table], wanted, { side })).plain],
      [
        ['0/0', 'nearly black'],
        ['0/1', 'nearly black'],
        ['0/2', 'one colour: grey 130'],
        ['0/3', 'one colour: red 200, green 10, blue 10'],
        ['0/4', 'one colour: grey 255'],
      ],
    );
  }
});

test('large images are made smaller, corrupted ones shown corrupted, small ones stand on gray', async () => {
  const large = tableOf('large', 3, 96);
  const dark = tableOf('dark', 4, 10, { corruption: { name: 'darken', seed: 0 } });
  const wanted = [2, 1].map((row, table) => ({ table, row }));
  const { sheet, places } = await makeThumbnails([large.table, dark.table], wanted);
  assert.equal([sheet!.width, sheet!.height], [48, 48]);
  const picture = await decoded(sheet!);
  assert.equal(cell(sheet!, picture, places[0]!), Array.from(resizeImage(large.image(2), 48, 48).data));
  const shown = cell(sheet!, picture, places[1]!);
  const middle = Array.from({ length: 10 }, (_, y) => shown.slice(((19 + y) * 48 + 19) * 3, ((19 + y) * 48 + 29) * 3));
  const expected = corruptBatch({ rows: 1, ...dark.image(1) }, 'darken').data;
  assert.equal(middle.flat(), Array.from(expected));
  assert.ok(shown.slice(0, 48 * 3).every((value) => value === 128));
});

longTest('at most so many pictures, and at most so many bytes: first as JPEG, then fewer, from the end', async () => {
  const { table, image } = tableOf('many', 400, 32);
  const wanted = Array.from(new Random(1).sample(400, 400), (row) => ({ table: 0, row }));
  const few = await makeThumbnails([table], wanted, { most: 10 });
  assert.equal(few.places, [...Array.from({ length: 10 }, (_, place) => place), ...new Array(390).fill(null)]);

  // Noise is the hardest: 3 bytes a pixel as PNG.
  const asJpeg = await makeThumbnails([table], wanted, { maxBytes: 1_400_000 });
  assert.match(asJpeg.sheet!.uri, /^data:image\/jpeg/);
  assert.ok(asJpeg.sheet!.uri.length <= 1_400_000);
  assert.ok(asJpeg.places.every((place, index) => place === index));
  const found = cell(asJpeg.sheet!, await decoded(asJpeg.sheet!), 7);
  const wantedPixels = image(wanted[7]!.row).data;
  const error = found.reduce((sum, value, i) => sum + Math.abs(value - wantedPixels[i]!), 0) / found.length;
  assert.ok(error < 15, `mean difference ${error} of 255`);

  const fewer = await makeThumbnails([table], wanted, { maxBytes: 100_000 });
  assert.ok(fewer.sheet!.uri.length <= 100_000 && fewer.sheet!.uri.length > 60_000, `${fewer.sheet!.uri.length}`);
  const shown = fewer.places.filter((place) => place !== null).length;
  assert.ok(shown > 5 && shown < 400);
  assert.ok(fewer.places.every((place, index) => place === (index < shown ? index : null)));
});

test('tables whose images are gone, changed or not told have no pictures, and the others do', async () => {
  const here = tableOf('here', 5, 8);
  const tables: ThumbnailTable[] = [
    here.table,
    tableOf('gone', 5, 8, { file: 'nowhere.npz' }).table,
    tableOf('changed', 5, 8, { count: 6 }).table,
    { ...tableOf('cut', 5, 8).table, rows: 4 },
    { ...here.table, images: null },
  ];
  const wanted = tables.map((_, table) => ({ table, row: 1 }));
  const { sheet, places, problems } = await makeThumbnails(tables, [...wanted, { table: 0, row: 99 }]);
  assert.equal(places, [0, null, null, null, null, null]);
  assert.is(sheet!.columns, 1);
  assert.is(problems.length, 3);
  assert.match(problems[0]!, /nowhere\.npz/);
  assert.match(problems[2]!, /cut\.parquet: 4 events, made of 5 images/);

  assert.equal(await makeThumbnails([here.table], []), { sheet: null, places: [], plain: new Map(), problems: [] });
  const tiny = await makeThumbnails([here.table], [{ table: 0, row: 1 }], { maxBytes: 10 });
  assert.equal([tiny.sheet, ...tiny.places], [null, null]);
});
