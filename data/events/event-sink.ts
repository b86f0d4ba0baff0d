/** What the writer of one format offers to `EventWriter`. */
import type { EventBatch } from '../event.js';

/** One format's writer: takes checked batches, keeps no more than one row group of them. */
export interface EventSink {
  write(batch: EventBatch): Promise<void>;
  /** Writes what is left, all but the name: a disk that is full says so here. Called once, before `commit`. */
  finish(): Promise<void>;
  commit(): Promise<void>;
  /** Leaves nothing behind; harmless after `commit`. */
  discard(): Promise<void>;
}

export interface EventWriterOptions {
  /** Parquet: rows of a row group at most; fewer where embeddings are long. */
  rowGroupRows?: number;
}
