/** A session that is replaced once when its engine is lost: failed batches are computed again, only speed changes. */
import { CodedError } from '../../base/index.js';
import type { ImageBatch, ProgramOutputs } from '../contract/backend.js';
import type { Session } from './session.js';

/** Codes for an engine that cannot run, or cannot go on, with any batch. */
const LOST = /^(DEVICE_LOST|BACKEND_FAILED|ADAPTER_MISSING|BACKEND_NOT_INSTALLED|UNKNOWN_OPERATION)$/;

/** Gives the session that takes over. What it throws is thrown for the batch. */
export type Replacement = (lost: Session, error: CodedError) => Promise<Session>;

export class Fallback {
  readonly #first: Session;
  #session: Session;
  #next: Replacement | null;
  #replacing: Promise<Session> | null = null;

  /** @param next null if there is no other engine */
  constructor(session: Session, next: Replacement | null) {
    this.#first = session;
    this.#session = session;
    this.#next = next;
  }

  get session(): Session {
    return this.#session;
  }

  /** The first batch that fails replaces the session; the others wait for it. */
  async run(images: ImageBatch): Promise<ProgramOutputs> {
    const session = this.#session;
    try {
      return await session.run(images);
    } catch (error) {
      if (session !== this.#first || !(error instanceof CodedError) || !LOST.test(error.code)) throw error;
      this.#replacing ??= this.#next && this.#replace(session, error, this.#next);
      if (this.#replacing === null) throw error;
      return (await this.#replacing).run(images);
    }
  }

  async dispose(): Promise<void> {
    this.#next = null;
    await this.#replacing?.catch(() => {});
    await this.#session.dispose();
  }

  async #replace(lost: Session, error: CodedError, next: Replacement): Promise<Session> {
    this.#session = await next(lost, error);
    // Its memory may be lost with the device, so an error here does not matter.
    await lost.dispose().catch(() => {});
    return this.#session;
  }
}
