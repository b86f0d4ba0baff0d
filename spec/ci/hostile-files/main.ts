/**
 * Damages every kind of file that a command reads: each mutant is refused with a code, or has its own library's values.
 *     node dist/spec/ci/hostile-files/main.js PYTHON [MUTANTS] [SEED]
 * Fails on an exception, a hang, too much memory, other values than the peer's, and on an accepted file whose checksum
 * is wrong. A failure names kind, file, seed and mutation, which make the same file again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LineProcess } from '../../support/line-process.js';
import { packageRoot } from '../../support/places.js';
import type { Digest } from './kinds.js';
import type { Accepted, Answer } from './reader.js';
import { type Ended, type Job, Reader } from './readers.js';

const [python = 'python3', mutants = '1000', firstSeed = '1'] = process.argv.slice(2);
const READER = new URL('./reader.js', import.meta.url);
/** Short, as what is planted does not end by itself; a hog takes a while to fill memory on a busy machine. */
const PLANTED_WATCHDOG_MS = { 'planted hang': 10_000, 'planted hog': 120_000 };
/** The share of the accepted files that must have been compared by value. */
const LEAST_COMPARED = 1 / 5;

const folder = mkdtempSync(join(tmpdir(), 'image-drift-hostile-'));
/** The Python program that reads accepted mutants as well; it has torch, numpy, pyarrow and safetensors. */
const script = join(packageRoot, 'spec', 'ci', 'hostile-files', 'peer.py');
const peer = new LineProcess([python, '-W', 'ignore', script], {}, true);
const failures: string[] = [];
const tally = { refused: 0, accepted: 0, compared: 0, peerRefuses: 0, codes: new Set<string>() };

try {
  await plantedAreCaught();
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, (_, worker) => work(worker)));
} finally {
  peer.close();
  rmSync(folder, { recursive: true, force: true });
}
report();

async function plantedAreCaught(): Promise<void> {
  for (const [kind, caught] of [
    ['planted hang', 'hangs'],
    ['planted hog', 'hogs'],
  ] as const) {
    const options = { program: READER, watchdogMs: PLANTED_WATCHDOG_MS[kind] };
    const reader = new Reader<Answer>(join(folder, kind), options);
    const ended = await reader.run({ kind, file: 0, seed: 0 });
    if (caught in ended) console.log(`${kind}: caught`);
    else failures.push(`${kind}: not caught, but ${JSON.stringify(ended)}`);
    reader.close();
  }
}

/** Every `n`th job, counted over all workers: which mutants there are does not depend on how many workers. */
async function work(worker: number): Promise<void> {
  const workers = Math.min(4, availableParallelism());
  const reader = new Reader<Answer>(join(folder, String(worker)), { program: READER });
  await reader.start();
  for (let id = worker; id < Number(mutants); id += workers) {
    const kind = reader.kinds[id % reader.kinds.length]!;
    const round = Math.floor(id / reader.kinds.length);
    const job: Job = { kind: kind.name, file: round % kind.files, seed: Number(firstSeed) * 1_000_003 + id };
    await judge(job, await reader.run(job), kind.peer);
  }
  reader.close();
}

async function judge(job: Job, answer: Answer | Ended, peerKind: string | null): Promise<void> {
  if (!('outcome' in answer)) return fail(job, JSON.stringify(answer));
  const { outcome, mutation } = answer;
  if ('failed' in outcome) return fail(job, `${mutation}: ${outcome.failed}`);
  if ('refused' in outcome) {
    tally.refused++;
    tally.codes.add(outcome.refused);
    return;
  }
  tally.accepted++;
  const wrong = await wrongWith(outcome, peerKind);
  if (wrong !== null) fail(job, `${mutation}: ${wrong}`);
  rmSync(dirname(outcome.path), { recursive: true, force: true });
}

/** What the peer found: values, or why it takes the file for broken; `checksum` where one of the file's own says so. */
type PeerAnswer = { digest: Digest } | { refused: string; checksum: boolean };

/** @param names arrays or columns that we have read: those alone are asked for */
async function readByPeer(kind: string, path: string, names: readonly string[]): Promise<PeerAnswer> {
  const line = await peer.ask(JSON.stringify({ kind, path, names }));
  return line === null ? { refused: 'the peer has died', checksum: false } : (JSON.parse(line) as PeerAnswer);
}

async function wrongWith(
  { accepted, path, original, seals }: Accepted,
  peerKind: string | null,
): Promise<string | null> {
  if (seals && JSON.stringify(accepted) !== JSON.stringify(original)) return 'other values, and no checksum noticed';
  if (peerKind === null) return null;
  const theirs = await readByPeer(peerKind, path, Object.keys(accepted));
  if ('refused' in theirs) {
    tally.peerRefuses++;
    return theirs.checksum ? `accepted, but ${theirs.refused}` : null;
  }
  const names = Object.keys(theirs.digest).filter((name) => name in accepted);
  const other = names.filter((name) => theirs.digest[name] !== accepted[name]);
  if (other.length > 0) return `${other[0]}: ${accepted[other[0]!]} here, ${theirs.digest[other[0]!]} by ${peerKind}`;
  if (names.length > 0) tally.compared++;
  return null;
}

function fail({ kind, file, seed }: Job, what: string): void {
  failures.push(`${kind}, file ${file}, seed ${seed}: ${what}`);
}

function report(): void {
  const { refused, accepted, compared, peerRefuses, codes } = tally;
  console.log(
    `${refused + accepted} of ${mutants} mutants: ${refused} refused with ${codes.size} codes, ${accepted} accepted,`,
  );
  console.log(`of which ${compared} have the peer's values, and ${peerRefuses} are broken to it without a checksum.`);
  if (compared < accepted * LEAST_COMPARED) failures.push(`only ${compared} of ${accepted} were compared`);
  for (const failure of failures.slice(0, 20)) console.log(`FAILED: ${failure}`);
  console.log(failures.length === 0 ? 'Nothing failed.' : `${failures.length} failures.`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
