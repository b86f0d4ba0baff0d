/** Compares our pixels of `make_images.py`'s images with Pillow's, and prints a table: `compare.js FOLDER`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodedHere, imageProblem, isRefusal, readImageCases } from '../../support/image-cases.js';

interface Group {
  decoded: number;
  refused: Map<string, number>;
}

const [folder] = process.argv.slice(2) as [string];
const cases = readImageCases(folder);
const groups = new Map<string, Group>();
let failures = 0;
for (const one of cases) {
  const result = await decodedHere(readFileSync(join(folder, one.name)), one);
  const problem = imageProblem(one, result);
  if (problem !== null) {
    failures++;
    console.error(`${one.name}: ${problem}`);
  }
  const group = groups.get(one.group) ?? { decoded: 0, refused: new Map() };
  groups.set(one.group, group);
  if (isRefusal(result)) group.refused.set(result, (group.refused.get(result) ?? 0) + 1);
  else group.decoded++;
}
for (const [name, { decoded, refused }] of groups) {
  const codes = [...refused].map(([code, count]) => `${count} ${code}`).join(', ');
  console.log(`${name.padEnd(36)} ${String(decoded).padStart(5)} decoded  ${codes}`);
}
console.log(`${cases.length} files, ${failures} wrong`);
process.exitCode = failures === 0 && cases.length > 0 ? 0 : 1;
