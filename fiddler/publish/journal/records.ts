/**
 * What stands in a journal: one JSON object a line. The first says what is published where; each other says how far one
 * chunk is. A reader of another program may rely on these names.
 */
import { z } from 'zod';

export const JOURNAL_VERSION = 1;

const settledTimestamps = z.discriminatedUnion('from', [
  z.object({ from: z.literal('column') }),
  z.object({
    from: z.literal('spread'),
    days: z.number(),
    rowsPerDay: z.number(),
    seed: z.number(),
    until: z.number(),
  }),
]);

export const journalHeader = z.object({
  journal: z.literal('image-drift publish'),
  version: z.literal(JOURNAL_VERSION),
  server: z.string(),
  organization: z.string().nullable(),
  model: z.object({ id: z.string(), name: z.string(), version: z.string(), project: z.string().nullable() }),
  environment: z.object({ type: z.enum(['PRE_PRODUCTION', 'PRODUCTION']), name: z.string().nullable() }),
  files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.number() })),
  timestamps: settledTimestamps,
  /** Hash of the plan: the same files and options cut the same chunks. */
  plan: z.string(),
  chunks: z.number().int(),
  rows: z.number().int(),
  at: z.string(),
});
export type JournalHeader = z.infer<typeof journalHeader>;

/** What is noted of a chunk, in the order in which it happens; `at` is for people. */
const chunkRecord = z.discriminatedUnion('state', [
  /** The file is on the server; nothing is published yet. `rows`: fewer than the chunk's when some were there. */
  z.object({ state: z.literal('uploaded'), file_id: z.string(), rows: z.number() }),
  /** The request that publishes is about to be sent: from here on the server may have the events. */
  z.object({ state: z.literal('sending') }),
  /** The server said that it did not take the request: as if it had never been sent. */
  z.object({ state: z.literal('refused') }),
  /** The server took it; `job_id` is null for a stream, which has none. */
  z.object({ state: z.literal('accepted'), job_id: z.string().nullable() }),
  /** The job failed, or the server does not have all that it took: some of the events may be there all the same. */
  z.object({ state: z.literal('failed'), job_id: z.string().nullable(), reason: z.string() }),
  /** What a look at the server found: how many of the chunk's events it has; all of them, after `done`: it keeps its word. */
  z.object({ state: z.literal('looked'), found: z.number(), of: z.number() }),
  /** The server took all events of the chunk, and its job has ended well. */
  z.object({ state: z.literal('done'), rows: z.number() }),
]);

const common = z.object({ chunk: z.number().int().nonnegative(), at: z.string() });
export const journalRecord = z.intersection(common, chunkRecord);
export type ChunkRecord = z.infer<typeof chunkRecord>;
export type JournalRecord = z.infer<typeof journalRecord>;
