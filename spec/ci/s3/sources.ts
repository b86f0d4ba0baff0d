/** The same images in every packing that is read: a folder, archives, tables and an array. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { NpzFile } from '../../../data/index.js';
import { imageSchema, png, tar, writeFiles } from '../../support/image-files.js';
import { writeNpz } from '../../support/npz-file.js';
import { packageRoot } from '../../support/places.js';

const [COUNT, SIDE] = [60, 32];
/** Characters that mean something in URLs, in paths, or to those who escape them. */
const ODD = ['a b', '100%', 'q?x=1&y=2', '#1', 'ü€🙂', '+plus+', "it's (one)!", '%41', 'semi;colon', '~t@il,'];

/** @param root gets `photos/`, `photos.tar`, `photos.zip`, `shards/`, `images.parquet` and `images.npz` */
export async function makeSources(root: string): Promise<void> {
  const { gray, labels } = await firstImages();
  const pixels = (row: number) =>
    Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => gray[row * SIDE * SIDE + Math.floor(i / 3)]!);
  const images = Array.from({ length: COUNT }, (_, row) => png(SIDE, SIDE, pixels(row)));
  const nameOf = (row: number) => `${labels[row]}/${ODD[row % ODD.length]} ${row}.png`;
  const photos = Object.fromEntries(images.map((image, row) => [nameOf(row), image]));
  mkdirSync(join(root, 'shards'), { recursive: true });
  const table = images.map((_, row) => `"${nameOf(row)}",${labels[row]},${row / 2}`);
  writeFiles(join(root, 'photos'), { ...photos, 'notes.md': 'no image' });
  writeFileSync(join(root, 'photos', 'list.csv'), `path,digit,weight\n${table.join('\n')}\n`);
  const members = Object.entries(photos).map(([name, bytes]) => ({ name: `photos/${name}`, bytes }));
  writeFileSync(join(root, 'photos.tar'), tar(members.reverse()));
  writeFileSync(join(root, 'photos.zip'), zipSync(photos));
  for (let shard = 0; shard < 3; shard++) {
    const rows = images.map((_, row) => row).filter((row) => row % 3 === shard);
    const samples = rows.flatMap((row) => [
      { name: `${String(row).padStart(6, '0')}.png`, bytes: images[row]! },
      { name: `${String(row).padStart(6, '0')}.cls`, bytes: String(labels[row]) },
      {
        name: `${String(row).padStart(6, '0')}.json`,
        bytes: JSON.stringify({ camera: `cam ${row % 4}`, lux: row / 8 }),
      },
    ]);
    writeFileSync(join(root, 'shards', `0${shard}.tar`), tar(samples));
  }
  const columnData = [
    { name: 'image', data: images.map((bytes, row) => ({ bytes: new Uint8Array(bytes), path: nameOf(row) })) },
    { name: 'label', data: labels.map(BigInt) },
  ];
  writeFileSync(
    join(root, 'images.parquet'),
    new Uint8Array(parquetWriteBuffer({ columnData, schema: imageSchema() })),
  );
  writeNpz(join(root, 'images.npz'), {
    arr_0: { descr: '|u1', shape: [COUNT, SIDE, SIDE], values: gray },
    arr_1: { descr: '<i8', shape: [COUNT], values: BigInt64Array.from(labels, (label) => BigInt(label)) },
  });
}

async function firstImages(): Promise<{ gray: Uint8Array; labels: number[] }> {
  const npz = await NpzFile.open(join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'));
  const first = async (name: string) => {
    for await (const { values } of (await npz.array(name)).rows(COUNT)) return values.slice();
    throw new Error('empty');
  };
  const gray = (await first('arr_0')) as Uint8Array;
  const labels = [...((await first('arr_1')) as Float64Array)];
  await npz.close();
  return { gray, labels };
}
