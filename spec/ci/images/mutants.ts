/**
 * Damages images of every format, and writes down what became of them, for `check_mutants.py` to compare with Pillow:
 * `mutants.js FOLDER COUNT [SEED]`. FOLDER is that of `make_images.py`; COUNT is by format. Fails if an error is not a
 * coded one, if an image takes more than 5 s, or if the process grows past 1 GB.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../base/index.js';
import { decodedHere, type ImageCase, isRefusal, readImageCases } from '../../support/image-cases.js';
import { mutate } from '../../support/mutate.js';

const FORMATS = ['jpeg', 'png', 'gif', 'bmp', 'webp', 'tiff'];
const MOST_SECONDS = 5;
const MOST_BYTES = 2 ** 30;
/** Damage to the small files reaches headers and tables more often. */
const LARGEST_FILE = 4000;

const [folder, count, seed] = process.argv.slice(2) as [string, string, string?];
const random = new Random(Number(seed ?? 1));
const cases = readImageCases(folder).filter(({ expected, options }) => {
  return expected === 'equal' && Object.keys(options).length === 0;
});
const out = openSync(join(folder, 'mutants.bin'), 'w');
const lines: string[] = [];
let failures = 0;
for (const format of FORMATS) {
  const originals = cases
    .filter(({ group }) => group.startsWith(format))
    .map((one) => ({ one, bytes: readFileSync(join(folder, one.name)) }))
    .filter(({ bytes }) => bytes.length <= LARGEST_FILE);
  let decoded = 0;
  for (let i = 0; i < Number(count); i++) {
    const { one, bytes } = originals[random.below(originals.length)]!;
    const mutant = mutate(bytes, random);
    const result = await outcome(mutant.bytes, one, mutant.told);
    if (!isRefusal(result)) decoded++;
    writeSync(out, mutant.bytes);
    lines.push(JSON.stringify({ name: one.name, told: mutant.told, length: mutant.bytes.length, result }));
  }
  console.log(`${format.padEnd(6)} ${count} mutants of ${originals.length} files, ${decoded} decoded`);
}
closeSync(out);
writeFileSync(join(folder, 'mutants.jsonl'), `${lines.join('\n')}\n`);
const peak = 1024 * process.resourceUsage().maxRSS;
console.log(`at most ${Math.round(peak / 2 ** 20)} MiB of memory, ${failures} failures`);
process.exitCode = failures === 0 && peak < MOST_BYTES ? 0 : 1;

async function outcome(bytes: Uint8Array, one: ImageCase, told: string): Promise<string> {
  const start = performance.now();
  try {
    const result = await decodedHere(bytes, { ...one, options: {} });
    const seconds = (performance.now() - start) / 1000;
    if (seconds < MOST_SECONDS) return result;
    console.error(`${one.name}, ${told}: ${seconds.toFixed(1)} s`);
  } catch (error) {
    console.error(`${one.name}, ${told}: ${(error as Error).stack}`);
  }
  failures++;
  return 'IMAGE_FAILED';
}
