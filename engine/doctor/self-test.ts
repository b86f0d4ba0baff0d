/** Runs one engine on networks with known weights: its outputs, and its speed. Runs in a process of its own. */

import { availableParallelism } from 'node:os';
import { CodedError } from '../../errors/index.js';
import type { BoundGraph } from '../../graph/index.js';
import { type EngineName, loadBackend } from '../backends/registry.js';
import { measureRate } from '../choice/measure-rate.js';
import type { Availability, Backend, CompileOptions } from '../contract/backend.js';
import { formulaImages, formulaModel, SELF_TEST_SIDE, SELF_TEST_TAP } from '../contract/formula-model.js';
import { TOKEN_TEST_TAP, tokenModel } from '../contract/token-model.js';
import { Session } from '../running/session.js';

/** Images whose outputs are compared. */
const COMPARED = 4;
/** The most images in a batch while the rate is measured. */
const MEASURED_ROWS = 32;

export interface SelfTest {
  /** Embeddings and softmax of a few images, one after the other. */
  outputs: number[];
  /** Embeddings of the network of tokens. */
  tokens: number[];
  imagesPerSecond: number;
}

/** The answer of a process that tests one engine. */
export interface EngineAnswer {
  availability: Availability;
  /** Null if the engine is not available, or failed. */
  selfTest: SelfTest | null;
  /** The reason why the self-test failed; null if it did not fail. */
  failure: string | null;
}

/** Never throws: errors are part of the answer. */
export async function testEngine(engine: EngineName, device: string | null): Promise<EngineAnswer> {
  let availability: Availability = { ok: false, reason: 'its check failed', device: null, kind: 'cpu' };
  try {
    const backend = await loadBackend(engine);
    availability = await backend.availability({ device: device ?? undefined });
    if (!availability.ok) return { availability, selfTest: null, failure: null };
    const start = (model: BoundGraph, compiled: Compiled) =>
      openSession(model, compiled, { backend, availability, device: device ?? undefined });
    const session = start(formulaModel(), { taps: [SELF_TEST_TAP], scores: true });
    const convolutions = await disposing(session, runTest);
    const tokens = await disposing(start(tokenModel(), { taps: [TOKEN_TEST_TAP], scores: false }), runTokens);
    return { availability, selfTest: { ...convolutions, tokens }, failure: null };
  } catch (error) {
    const code = error instanceof CodedError ? `${error.code} ` : '';
    return { availability, selfTest: null, failure: code + (error instanceof Error ? error.message : String(error)) };
  }
}

type Compiled = Pick<CompileOptions, 'taps' | 'scores'>;

function openSession(
  model: BoundGraph,
  compiled: Compiled,
  { backend, availability, device }: { backend: Backend; availability: Availability; device: string | undefined },
): Session {
  const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
  return new Session(model, {
    backend,
    availability,
    compile: { ...compiled, ...normalisation, precision: 'float32', device },
    threads: availableParallelism(),
    batch: null,
    notice() {},
  });
}

async function disposing<T>(session: Session, use: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await use(session);
  } finally {
    await session.dispose();
  }
}

async function runTokens(session: Session): Promise<SelfTest['tokens']> {
  const { taps } = await session.run(formulaImages(COMPARED));
  return [...taps.get(TOKEN_TEST_TAP)!.data];
}

async function runTest(session: Session): Promise<Omit<SelfTest, 'tokens'>> {
  const { taps, scores } = await session.run(formulaImages(COMPARED));
  const size = { height: SELF_TEST_SIDE, width: SELF_TEST_SIDE };
  // A software GPU compiles for ten seconds for each batch size, and larger batches do not make it faster.
  const inSoftware = session.availability.kind === 'software-gpu';
  const mostRows = inSoftware ? 1 : Math.min(MEASURED_ROWS, session.batchSize(size));
  const imagesPerSecond = await measureRate(session, size, { channels: 3, mostRows, atOnce: session.parallel });
  return { outputs: [...taps.get(SELF_TEST_TAP)!.data, ...scores!], imagesPerSecond };
}
