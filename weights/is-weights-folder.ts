import { join } from 'node:path';
import { RandomAccessFile } from '../files/index.js';
import { MANIFEST_FILE, MANIFEST_FORMAT } from './manifest.js';

/** The format is the first field of `model.json`. */
const HEAD_BYTES = 256;

/** Whether the `model.json` of a folder begins as one of ours. It may still be damaged. */
export async function isWeightsFolder(dir: string): Promise<boolean> {
  const file = await RandomAccessFile.open(join(dir, MANIFEST_FILE)).catch(() => null);
  if (file === null) return false;
  try {
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    return Buffer.from(head).includes(JSON.stringify(MANIFEST_FORMAT));
  } finally {
    await file.close();
  }
}
