/**
 * Every engine gives the same embeddings of the CIFAR-10 tranches, and the same drift distances, compared with
 * PyTorch's own table. Missing engines are skipped, and a line says so; engines in `IMAGE_DRIFT_ACROSS` (a,b,c) must be
 * there. A software GPU takes minutes, so it only embeds the first images.
 */
import { dirname, join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { openEvents } from '../../data/index.js';
import { type Availability, ENGINE_NAMES, type EngineName, loadBackend } from '../../engine/index.js';
import { readWholeArray, writeNpz } from '../support/npz-file.js';
import {
  allChecks,
  assert,
  endedWith,
  printedJson,
  runCli,
  suite,
  temporaryFolder,
  withSharedData,
} from '../support/test.js';

const EMBEDDING_TOLERANCE = 2e-5;
const DISTANCE_TOLERANCE = 1e-3;
const TRANCHES = allChecks
  ? (['reference', 'production_1', 'production_2', 'production_3'] as const)
  : (['reference', 'production_3'] as const);
/** For software GPUs, which take seconds for a batch. */
const FEW_IMAGES = 16;

const required = process.env['IMAGE_DRIFT_ACROSS']?.split(',') ?? [];

async function availabilities(): Promise<Map<EngineName, Availability>> {
  const found = new Map<EngineName, Availability>();
  for (const name of ENGINE_NAMES) {
    const availability = await (await loadBackend(name)).availability();
    if (availability.ok) found.set(name, availability);
    else if (required.includes(name)) throw new Error(`${name} is required: ${availability.reason}`);
    else console.log(`SKIPPED (${availability.reason}): ${name}`);
  }
  return found;
}

async function embeddingsOf(path: string): Promise<Float32Array> {
  const events = await openEvents(path);
  const parts: Float32Array[] = [];
  for await (const batch of events.batches()) parts.push(batch.embeddings);
  await events.close();
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(expected[i] ?? Number.NaN))), 0);
}

/** JS distance of each production tranche from the reference, with one profile for all engines. */
async function distances(profile: string, tables: readonly string[]): Promise<number[]> {
  const { windows } = printedJson(runCli(['drift', ...tables, '--baseline', profile, '--methods', 'js', '--json'])) as {
    windows: { methods: { js: { value: number } } }[];
  };
  return windows.map(({ methods }) => methods.js.value);
}

const found = await availabilities();

withSharedData('the same embeddings and distances on every engine', (shared) => {
  const across = suite<{ weights: string; profile: string; expected: number[] | null }>('across engines');
  const images = (tranche: string) => join(shared, 'cifar', tranche, 'image_data.npz');

  across.before(async (context) => {
    context.weights = join(temporaryFolder(), 'weights');
    context.expected = null;
    const checkpoint = join(shared, 'resnet18_cifar10_epoch5.pth');
    await convertCheckpoint(checkpoint, context.weights, { size: [32, 32], mean: [0.5], std: [0.5] });
  });

  for (const [engine, { kind }] of found) {
    if (kind === 'software-gpu') {
      across(`${engine}, the first ${FEW_IMAGES} images`, async ({ weights }) => {
        const { shape, values } = await readWholeArray(images('production_3'), 'arr_0');
        const [, height = 0, width = 0] = shape;
        const pixels = (values as Uint8Array).slice(0, FEW_IMAGES * height * width * 3);
        const few = join(temporaryFolder(), 'few.npz');
        writeNpz(few, { arr_0: { descr: '|u1', shape: [FEW_IMAGES, height, width, 3], values: pixels } });
        const table = await embed(engine, weights, few);
        checkEmbeddings(await embeddingsOf(table), await golden(shared, 'production_3'), `${engine} production_3`);
      });
      continue;
    }
    across(engine, async (context) => {
      const tables: string[] = [];
      for (const tranche of TRANCHES) {
        const table = await embed(engine, context.weights, images(tranche));
        tables.push(table);
        checkEmbeddings(await embeddingsOf(table), await golden(shared, tranche), `${engine} ${tranche}`);
      }
      const [reference = '', ...production] = tables;
      if (context.expected === null) {
        context.profile = join(dirname(reference), 'profile.json');
        endedWith(0, runCli(['baseline', reference, '--out', context.profile, '--quiet']));
      }
      const measured = await distances(context.profile, production);
      console.log(`${engine}: JS distances ${measured.map((value) => value.toFixed(6)).join(', ')}`);
      context.expected ??= measured;
      for (const [i, distance] of measured.entries()) {
        assert.ok(Math.abs(distance - context.expected[i]!) <= DISTANCE_TOLERANCE, `${engine} ${TRANCHES[i + 1]}`);
      }
    });
  }
});

async function embed(engine: EngineName, weights: string, images: string): Promise<string> {
  const out = join(temporaryFolder(), 'events.parquet');
  const flags = ['--weights', weights, '--tap', 'fc.0', '--out', out, '--backend', engine, '--quiet'];
  endedWith(0, runCli(['embed', images, ...flags]));
  return out;
}

async function golden(shared: string, tranche: string): Promise<ArrayLike<number>> {
  return (await readWholeArray(join(shared, 'golden', `${tranche}.npz`), 'embeddings')).values as Float32Array;
}

function checkEmbeddings(actual: Float32Array, expected: ArrayLike<number>, what: string): void {
  const difference = largestDifference(actual, expected);
  console.log(`${what}: embeddings differ by ${difference.toExponential(1)} at most`);
  assert.ok(actual.length > 0 && difference <= EMBEDDING_TOLERANCE, `${what}: ${difference}`);
}
