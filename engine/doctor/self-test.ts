/** Runs one engine on a network with known weights: its outputs, and its speed. Runs in a process of its own. */

import { availableParallelism } from 'node:os';
import { CodedError } from '../../errors/index.js';
import { type EngineName, loadBackend } from '../backends/registry.js';
import { measureRate } from '../choice/measure-rate.js';
import type { Availability } from '../contract/backend.js';
import { formulaImages, formulaModel, SELF_TEST_SIDE, SELF_TEST_TAP } from '../contract/formula-model.js';
import { Session } from '../running/session.js';

/** Images whose outputs are compared. */
const COMPARED = 4;
/** The most images in a batch while the rate is measured. */
const MEASURED_ROWS = 32;

export interface SelfTest {
  /** Embeddings and softmax of a few images, one after the other. */
  outputs: number[];
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
    const session = new Session(formulaModel(), {
      backend,
      availability,
      compile: {
        taps: [SELF_TEST_TAP],
        scores: true,
        mean: [0.5, 0.5, 0.5],
        std: [0.25, 0.25, 0.25],
        precision: 'float32',
        device: device ?? undefined,
      },
      threads: availableParallelism(),
      batch: null,
      notice() {},
    });
    try {
      return { availability, selfTest: await runTest(session), failure: null };
    } finally {
      await session.dispose();
    }
  } catch (error) {
    const code = error instanceof CodedError ? `${error.code} ` : '';
    return { availability, selfTest: null, failure: code + (error instanceof Error ? error.message : String(error)) };
  }
}

async function runTest(session: Session): Promise<SelfTest> {
  const { taps, scores } = await session.run(formulaImages(COMPARED));
  const size = { height: SELF_TEST_SIDE, width: SELF_TEST_SIDE };
  // A software GPU compiles for ten seconds for each batch size, and larger batches do not make it faster.
  const inSoftware = session.availability.kind === 'software-gpu';
  const mostRows = inSoftware ? 1 : Math.min(MEASURED_ROWS, session.batchSize(size));
  const imagesPerSecond = await measureRate(session, size, { channels: 3, mostRows, atOnce: session.parallel });
  return { outputs: [...taps.get(SELF_TEST_TAP)!.data, ...scores!], imagesPerSecond };
}
