/**
 * A folder of JPEGs of 500×375 through ResNet-18 at 224×224: our command line, from the shell to a file, beside PyTorch
 * with Pillow and a DataLoader (`image_folder.py`), and transformers.js (`peers/transformers.ts`). Both are timed as
 * their loops alone and as whole processes.
 *
 *     npm run bench -- images [--count 1000] [--rounds 3] [--photos FOLDER] [--no-save] [--share-only]
 *
 * The JPEGs are cut from the photographs of `--photos`, by default from npm's `@vladmandic/face-api`. Embeddings must
 * equal PyTorch's; transformers.js resizes otherwise. Each round also measures the processor seconds of decoding,
 * resizing and computing, because the speed of a shared machine drifts: `share` is our time over half their sum, on two
 * cores. `--share-only` measures nothing else, of thousands of images, so that our start is small beside them. Needs a
 * Python with torch, torchvision and Pillow; `npm run bench -- images` installs transformers.js.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertCheckpoint } from '../convert/index.js';
import { readWholeArray } from '../spec/support/npz-file.js';
import { temporaryFolder } from '../spec/support/places.js';
import { relativeError } from '../spec/support/relative-error.js';
import { runCli } from './cli-run.js';
import { type Parts, partsAlone } from './image-parts.js';
import { machine, median } from './machine.js';
import { type PeerRun, peerRun, pythonWithTorch } from './peers/protocol.js';
import { photographsOf } from './photographs.js';
import { appendResults, flagsOf } from './results.js';

const SCRIPT = fileURLToPath(new URL('../../bench/image_folder.py', import.meta.url));
const TRANSFORMERS = fileURLToPath(new URL('./peers/transformers.js', import.meta.url));
/** A share of the largest value. The engine's own error is a tenth of it. */
const TOLERANCE = 1e-4;

const flags = flagsOf({ count: '1000', rounds: '3', photos: undefined, 'no-save': false, 'share-only': false });

interface Told {
  /** Time of the loop alone. */
  seconds: number;
  version: string;
}

interface Ours {
  /** Seconds of our command. */
  ours: number;
  alone: Parts;
}

interface Round extends Ours {
  pytorch: PeerRun<Told>;
  transformers: PeerRun<Told>;
}

async function measureOurs(folder: string, images: string, weights: string): Promise<Ours> {
  const args = ['embed', images, '--weights', weights, '--out', join(folder, 'ours.npz'), '--backend', 'simd'];
  const { seconds: ours } = await runCli([...args, '--quiet'], join(folder, 'probe.json'));
  return { ours, alone: await partsAlone(images, weights) };
}

/** Our time over half of what the parts take alone. */
function shareOf({ ours, alone }: Ours): number {
  const { decode, resize, compute } = alone;
  return ours / ((decode + resize + compute) / Math.min(2, availableParallelism()));
}

function measurePeers(folder: string, images: string): Omit<Round, keyof Ours> {
  const [made, out] = [join(folder, 'made'), join(folder, 'theirs.npz')];
  const pytorch = peerRun<Told>(interpreter, SCRIPT, 'run', images, join(made, 'model.pth'), out);
  const model = join(made, 'transformers');
  const transformers = peerRun<Told>(process.execPath, TRANSFORMERS, images, model, join(folder, 'transformers.f32'));
  return { pytorch, transformers };
}

function besidePeer(name: 'pytorch' | 'transformers', rounds: readonly Round[]) {
  const over = (seconds: (run: PeerRun<Told>) => number) =>
    rounded(median(rounds.map((one) => seconds(one[name]) / one.ours)));
  return {
    [`${name}_loop`]: rounded(median(rounds.map((one) => one[name].told.seconds))),
    [`${name}_process`]: rounded(median(rounds.map((one) => one[name].seconds))),
    [`speedup_over_${name}_loop`]: over(({ told }) => told.seconds),
    [`speedup_over_${name}_process`]: over(({ seconds }) => seconds),
  };
}

/** @throws Error if ours are not those of PyTorch */
async function errors(folder: string) {
  const actual = (await readWholeArray(join(folder, 'ours.npz'), 'embeddings')).values as Float32Array;
  const expected = (await readWholeArray(join(folder, 'theirs.npz'), 'embeddings')).values as Float32Array;
  const error = relativeError(actual, expected);
  if (!(error <= TOLERANCE)) throw new Error(`the embeddings differ by ${error} of the largest value`);
  const short = (value: number) => Number(value.toExponential(1));
  const bytes = readFileSync(join(folder, 'transformers.f32'));
  const theirs = new Float32Array(Uint8Array.from(bytes).buffer);
  return { error: short(error), transformers_error: short(relativeError(theirs, expected)) };
}

function ourColumns(rounds: readonly Ours[]) {
  const alone = (part: keyof Parts) => rounded(median(rounds.map((round) => round.alone[part])));
  return {
    seconds: rounded(median(rounds.map(({ ours }) => ours))),
    parts: { decode_alone: alone('decode'), resize_alone: alone('resize'), compute_alone: alone('compute') },
    share: rounded(median(rounds.map(shareOf))),
  };
}

async function save(file: string, row: Record<string, string | number>): Promise<void> {
  console.table(row);
  if (!flags['no-save']) console.log(`appended to ${await appendResults(file, [row])}`);
}

async function tellShare(rounds: readonly Ours[]): Promise<void> {
  const shares = rounds.map(shareOf);
  const { seconds, parts, share } = ourColumns(rounds);
  await save('images-share.csv', {
    ...machine(),
    ...{ images: Number(flags.count), rounds: rounds.length, seconds, ...parts, share },
    ...{ lowest: rounded(Math.min(...shares)), highest: rounded(Math.max(...shares)) },
  });
}

async function tell(rounds: readonly Round[]): Promise<void> {
  const ours = rounds.map((round) => round.ours);
  const { seconds, parts, share } = ourColumns(rounds);
  const { pytorch, transformers } = rounds[0]!;
  await save('images.csv', {
    ...machine(),
    images: Number(flags.count),
    ...{ torch: pytorch.told.version, transformers: transformers.told.version, rounds: rounds.length, seconds },
    ...{ fastest: rounded(Math.min(...ours)), slowest: rounded(Math.max(...ours)) },
    ...besidePeer('pytorch', rounds),
    ...besidePeer('transformers', rounds),
    ...{ ...parts, share, ...(await errors(folder)) },
  });
}

const rounded = (value: number) => Number(value.toFixed(3));
const interpreter = pythonWithTorch() ?? '';
if (interpreter === '') throw new Error('no Python with torch; name one in IMAGE_DRIFT_PYTHON');
const folder = temporaryFolder();
const made = join(folder, 'made');
execFileSync(interpreter, [SCRIPT, 'make', flags.photos ?? photographsOf(folder), made, flags.count]);
const [images, weights] = [join(made, 'images'), join(folder, 'weights')];
await convertCheckpoint(join(made, 'model.pth'), weights, {});
const alone: Ours[] = [];
const rounds: Round[] = [];
for (let i = 1; i <= Number(flags.rounds); i++) {
  const ours = await measureOurs(folder, images, weights);
  console.log(`round ${i}: image-drift ${ours.ours.toFixed(1)} s, share ${shareOf(ours).toFixed(3)}`);
  alone.push(ours);
  if (flags['share-only']) continue;
  const peers = measurePeers(folder, images);
  rounds.push({ ...ours, ...peers });
  const told = [peers.pytorch, peers.transformers].map((run) => run.told.seconds.toFixed(1));
  console.log(`round ${i}: loops of PyTorch ${told[0]} s and transformers.js ${told[1]} s`);
}
if (flags['share-only']) await tellShare(alone);
else await tell(rounds);
