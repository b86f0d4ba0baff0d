/** The files that README.md takes for granted: a user's checkpoint and images, here clothing instead of CIFAR-10. */
import { join } from 'node:path';
import { type ImageSet, openImages } from '../../../data/index.js';
import { readWeights, weightsFolder } from '../../../weights/index.js';
import { jpeg, madeImage, png, writeFiles } from '../../support/image-files.js';
import { writeNpz } from '../../support/npz-file.js';
import { packageRoot } from '../../support/places.js';
import { writeTorchCheckpoint } from '../../support/torch-checkpoint.js';

/** The size that README.md gives to `convert`. */
const SIDE = 32;
const ROWS = 1_000;
const SAMPLES = join(packageRoot, 'samples', 'fashion-mnist');

/** The classes that README.md gives to `convert`. */
export const CLASSES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Photographs of `photos/`, each of another size. */
export const PHOTOS = 12;

/** @param folder where `model.pth`, `baseline/`, `this_week/`, `photos/` and `monday.npz` are made */
export async function writeUserFiles(folder: string): Promise<void> {
  const { tensors } = await readWeights(weightsFolder('fashion-mnist-resnet18'));
  writeTorchCheckpoint(join(folder, 'model.pth'), tensors);
  writeFolder(join(folder, 'baseline'), await readImages('reference.npz', 1));
  writeFolder(join(folder, 'this_week'), await readImages('production.npz', 0.2));
  writePhotos(join(folder, 'photos'));
  const { pixels, labels } = await readImages('production.npz', 1);
  writeNpz(join(folder, 'monday.npz'), {
    arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: pixels },
    arr_1: { descr: '<i8', shape: [ROWS], values: labels },
  });
}

interface Images {
  pixels: Uint8Array;
  labels: BigInt64Array;
}

/** PNG files in folders that are named like their classes. */
function writeFolder(folder: string, { pixels, labels }: Images): void {
  const image = (row: number) => pixels.subarray(row * SIDE * SIDE * 3, (row + 1) * SIDE * SIDE * 3);
  const files = Array.from({ length: ROWS }, (_, row) => [
    `${CLASSES[Number(labels[row])]}/${row}.png`,
    png(SIDE, SIDE, image(row)),
  ]);
  writeFiles(folder, Object.fromEntries(files));
}

/** JPEG files, upright and wide ones. */
function writePhotos(folder: string): void {
  const files = Array.from({ length: PHOTOS }, (_, i) => {
    return [`${i}.jpg`, jpeg(madeImage(40 + 5 * i, 96 - 4 * i, 3 * i + 1))] as const;
  });
  writeFiles(folder, Object.fromEntries(files));
}

/** @param light factor of every pixel */
async function readImages(sample: string, light: number): Promise<Images> {
  const images = await openImages(join(SAMPLES, sample));
  const pixels = new Uint8Array(ROWS * SIDE * SIDE * 3);
  const labels = new BigInt64Array(ROWS);
  for await (const batch of images.batches(ROWS)) {
    for (let row = 0; row < batch.rows; row++) {
      copyToMiddle(images, batch.data.subarray(row * images.height * images.width * 3), pixels, row, light);
      labels[row] = BigInt(batch.labels[row] as number);
    }
    break;
  }
  await images.close();
  return { pixels, labels };
}

function copyToMiddle(
  { height, width }: ImageSet,
  image: Uint8Array,
  pixels: Uint8Array,
  row: number,
  light: number,
): void {
  const [top, left] = [(SIDE - height) / 2, (SIDE - width) / 2];
  for (let y = 0; y < height; y++) {
    const line = image.subarray(y * width * 3, (y + 1) * width * 3).map((value) => light * value);
    pixels.set(line, ((row * SIDE + top + y) * SIDE + left) * 3);
  }
}
