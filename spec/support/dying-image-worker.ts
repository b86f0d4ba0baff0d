/** A thread of the image pool that dies of images named `die`, never ends with `hang`, and echoes the others. */
import { parentPort } from 'node:worker_threads';

parentPort!.on('message', ({ file: { bytes, where } }: { file: { bytes: Uint8Array; where: string } }) => {
  if (where === 'die') process.exit(7);
  if (where === 'throw') throw new Error('out of luck');
  if (where === 'hang') return;
  const size = { width: bytes.length, height: 1 };
  const image = { ...size, format: 'png', orientation: 1, pixels: { ...size, data: bytes }, statistics: new Map() };
  parentPort!.postMessage({ result: { image } });
});
