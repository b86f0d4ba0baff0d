/** Writes our facts about `make_images.py`'s images to `looks.jsonl`, for `check_looks.py`: `looks.js FOLDER`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../../base/index.js';
import { decodeImage, imageLooks } from '../../../data/index.js';
import { readImageCases } from '../../support/image-cases.js';

const [folder] = process.argv.slice(2) as [string];
const lines: string[] = [];
for (const { name, options } of readImageCases(folder)) {
  if (Object.keys(options).length > 0) continue;
  try {
    const image = await decodeImage(readFileSync(join(folder, name)), name);
    const [look] = imageLooks({ rows: 1, ...image });
    lines.push(`${JSON.stringify({ name, ...look })}\n`);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}
writeFileSync(join(folder, 'looks.jsonl'), lines.join(''));
