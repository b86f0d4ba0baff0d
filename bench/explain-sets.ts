/** The images and networks of the benchmarks of `explain`. CIFAR-10, Fashion-MNIST's test set and CIFAR-10's network are shared data. */
import { join } from 'node:path';
import { convertCheckpoint } from '../convert/index.js';
import { Embedder } from '../engine/index.js';
import { packageRoot, sharedData, temporaryFolder } from '../spec/support/places.js';

/** @param name `cifar` or `fashion` */
export function explainImages(name: string): string {
  const paths: Readonly<Record<string, readonly string[]>> = {
    cifar: ['cifar', 'production_1', 'image_data.npz'],
    fashion: ['fashion', 'test.npz'],
  };
  const path = paths[name];
  if (path === undefined) throw new RangeError(`${name}: cifar and fashion are possible`);
  return join(shared(), ...path);
}

export async function explainEmbedder(name: string): Promise<Embedder> {
  if (name === 'fashion') return Embedder.load(join(packageRoot, 'weights', 'fashion-mnist-resnet18'));
  const weights = join(temporaryFolder(), 'weights');
  const mean: [number, number, number] = [0.5, 0.5, 0.5];
  const size: [number, number] = [32, 32];
  const options = { size, resize: 32, crop: size, mean, std: mean };
  await convertCheckpoint(join(shared(), 'resnet18_cifar10_epoch5.pth'), weights, options);
  return Embedder.load(weights);
}

function shared(): string {
  if (sharedData === null) throw new Error('the shared data is not here');
  return sharedData;
}
