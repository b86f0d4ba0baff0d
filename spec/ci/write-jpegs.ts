/** Writes small JPEG files into FOLDER/photos: `node dist/spec/ci/write-jpegs.js FOLDER COUNT`. */
import { writeJpegs } from '../support/jpeg-set.js';

const [, , folder = '', count = ''] = process.argv;
await writeJpegs(folder, Number(count), 1);
