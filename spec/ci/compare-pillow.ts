/**
 * Compares our pixels with those of Pillow, torchvision and timm (`spec/ci/pillow/`), and writes the lines of Python
 * that `inspect` prints, for `run_lines.py`.
 *     node dist/spec/ci/compare-pillow.js FOLDER    # with resize-12.jsonl, resize-13.jsonl, transforms.jsonl
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareImage, resizeImage, withChannels } from '../../data/index.js';
import { type Preprocessing, pythonLine } from '../../weights/index.js';
import {
  differing,
  differingTransforms,
  type PillowCase,
  pillowOf,
  preprocessingOf,
  readCases,
  sha256Of,
  type TransformCase,
} from '../support/image-cases.js';
import { madeImage } from '../support/image-files.js';

const folder = process.argv[2]!;

for (const name of ['resize-12', 'resize-13']) {
  const cases = readCases<PillowCase>(join(folder, `${name}.jsonl`));
  const found = differing(cases, (image, height, width, one) =>
    resizeImage(image, height, width, { interpolation: one.interpolation, pillow: pillowOf(one) }),
  );
  report(`${cases.length} resizes by Pillow ${cases[0]!.pillow}`, found);
}

const transforms = readCases<TransformCase>(join(folder, 'transforms.jsonl'));
report(`${transforms.length} images prepared by torchvision and timm`, differingTransforms(transforms));
writeFileSync(join(folder, 'lines.jsonl'), `${transforms.flatMap(lines).join('\n')}\n`);

function report(what: string, differ: readonly string[]): void {
  console.log(`${what}: ${differ.length === 0 ? 'equal bytes' : `${differ.length} differ`}`);
  for (const one of differ.slice(0, 20)) console.log(`  ${one}`);
  if (differ.length > 0) process.exitCode = 1;
}

/** The case's own preprocessing; for the first image of each also gray, and with the crop of transformers. */
function lines(one: TransformCase): string[] {
  const usual = preprocessingOf(one);
  if (one.image !== 0) return [lineOf(one, usual)];
  const gray: Preprocessing = { ...usual, border: usual.border?.slice(0, 3), mean: [0.5], std: [0.25] };
  const down: Preprocessing = { ...usual, cropRounding: 'down' };
  return [usual, gray, ...(usual.border === undefined ? [down] : [])].map((preprocessing) =>
    lineOf(one, preprocessing),
  );
}

function lineOf({ from, image }: TransformCase, preprocessing: Preprocessing): string {
  const prepared = { rows: 1, ...prepareImage(madeImage(...from, image), preprocessing, 'made') };
  const { mean, std } = preprocessing;
  const sha256 = sha256Of(withChannels(prepared, mean.length, 'made'));
  return JSON.stringify({ from, image, mean, std, sha256, line: pythonLine(preprocessing) });
}
