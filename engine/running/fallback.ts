/**
 * A session that is replaced once when its engine is lost. Every batch that failed is computed again on the next
 * engine, so results are complete and in order. Only the speed changes.
 */
import { CodedError } from '../../base/index.js';
import type { ImageBatch, Program, ProgramOutputs } from '../contract/backend.js';
import type { Session } from './session.js';

/** Codes for an engine that cannot run, or cannot go on, with any batch. */
const LOST = new Set([
  'DEVICE_LOST',
  'BACKEND_FAILED',
  'ADAPTER_MISSING',
  'BACKEND_NOT_INSTALLED',
  'UNKNOWN_OPERATION',
]);

export class Fallback implements Program {
  readonly #first: Session;
  #session: Session;
  #next: ((lost: Session, error: CodedError) => Promise<Session>) | null;
  #replacing: Promise<Session> | null = null;

  /** @param next gives the session that takes over; null if there is none. What it throws is thrown for the batch */
  constructor(session: Session, next: ((lost: Session, error: CodedError) => Promise<Session>) | null) {
    this.#first = session;
    this.#session = session;
    this.#next = next;
  }

  get session(): Session {
    return this.#session;
  }

  async run(images: ImageBatch): Promise<ProgramOutputs> {
    const session = this.#session;
    try {
      return await session.run(images);
    } catch (error) {
      const next = await this.#replacement(session, error);
      if (next === null) throw error;
      return next.run(images);
    }
  }

  async dispose(): Promise<void> {
    this.#next = null;
    await this.#replacing?.catch(() => {});
    await this.#session.dispose();
  }

  /** The first batch that fails replaces the session; the others wait for it. */
  async #replacement(session: Session, error: unknown): Promise<Session | null> {
    if (!(error instanceof CodedError) || !LOST.has(error.code)) return null;
    if (session !== this.#first) return null;
    if (this.#replacing === null) {
      if (this.#next === null) return null;
      this.#replacing = this.#replace(session, error, this.#next);
      this.#next = null;
    }
    return this.#replacing;
  }

  async #replace(
    lost: Session,
    error: CodedError,
    next: (lost: Session, error: CodedError) => Promise<Session>,
  ): Promise<Session> {
    const session = await next(lost, error);
    this.#session = session;
    // Its memory may be lost with the device, so an error here does not matter.
    await lost.dispose().catch(() => {});
    return session;
  }
}
