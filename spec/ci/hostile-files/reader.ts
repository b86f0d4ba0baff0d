/** A process that reads mutants, one after the other, and says what came of each; its parent watches time and memory. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mutateArchive } from '../../support/mutate.js';
import { allKinds, type Digest, type Kind } from './kinds.js';
import { type Job, type NotRead, outcomeOf } from './readers.js';

export interface Accepted {
  accepted: Digest;
  path: string;
  original: Digest | null;
  seals: boolean;
}

export interface Answer extends Job {
  mutation: string;
  outcome: Accepted | NotRead;
}

const PLANTED: Record<string, () => void> = {
  'planted hang': () => {
    for (;;);
  },
  'planted hog': () => {
    for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 26, 1));
  },
};

const [folder = ''] = process.argv.slice(2);
mkdirSync(join(folder, 'made'), { recursive: true });
const kinds = new Map((await allKinds(join(folder, 'made'))).map((kind) => [kind.name, kind]));
const originals = new Map<string, Digest | null>();

process.on('message', (job: Job) => void answer(job));
process.send?.({ files: [...kinds.values()].map(({ name, files, peer }) => ({ name, files: files.length, peer })) });

async function answer(job: Job): Promise<void> {
  PLANTED[job.kind]?.();
  const kind = kinds.get(job.kind) as Kind;
  const file = kind.files[job.file] as string;
  const original = await originalOf(kind, file);
  const { bytes, mutation } = mutateArchive(readFileSync(file), job.seed);
  const place = join(folder, String(job.seed));
  mkdirSync(place);
  const path = kind.place(file, bytes, place);
  const seals = kind.seals?.(file) ?? false;
  const outcome = await outcomeOf(async (): Promise<Accepted> => {
    return { accepted: await kind.read(path), path, original, seals };
  });
  // Whoever compares an accepted one removes it.
  if (!('accepted' in outcome)) rmSync(place, { recursive: true });
  process.send?.({ ...job, mutation, outcome } satisfies Answer);
}

async function originalOf(kind: Kind, file: string): Promise<Digest | null> {
  const known = originals.get(file);
  if (known !== undefined) return known;
  const place = join(folder, `original-${originals.size}`);
  mkdirSync(place);
  const digest = await kind.read(kind.place(file, readFileSync(file), place)).catch(() => null);
  originals.set(file, digest);
  return digest;
}
