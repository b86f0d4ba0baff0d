/**
 * What a journal holds: one JSON object a line. The first says what is published where, each other how far one chunk
 * is. Other programs' readers may rely on these names. All but a torn end is read; anything else is refused.
 */
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { shownValue } from '../../../base/index.js';
import { RandomAccessFile } from '../../../files/index.js';
import { PublishError } from '../publish-error.js';

export const JOURNAL = { journal: 'image-drift publish', version: 1 } as const;

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

const journalHeader = z.object({
  journal: z.literal(JOURNAL.journal),
  version: z.literal(JOURNAL.version),
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
  /** What a look at the server found: how many of the chunk's events it has; after `done`: all of them. */
  z.object({ state: z.literal('looked'), found: z.number(), of: z.number() }),
  /** The server took all events of the chunk, and its job has ended well. */
  z.object({ state: z.literal('done'), rows: z.number() }),
]);

const common = z.object({ chunk: z.number().int().nonnegative(), at: z.string() });
const journalRecord = z.intersection(common, chunkRecord);
export type ChunkRecord = z.infer<typeof chunkRecord>;
export type JournalRecord = z.infer<typeof journalRecord>;

/** A record is some 150 bytes and a chunk has about five: this is over 80,000 chunks, far beyond any real publish. */
export const MAX_JOURNAL_BYTES = 64 * 2 ** 20;

export async function readJournal(path: string, handle: FileHandle): Promise<string> {
  const { size } = await handle.stat();
  if (size > MAX_JOURNAL_BYTES) {
    const message = `${path}: ${size.toLocaleString('en')} bytes, a journal has at most ${MAX_JOURNAL_BYTES.toLocaleString('en')}`;
    throw new PublishError('JOURNAL_TOO_LARGE', message);
  }
  return handle.readFile('utf8');
}

export function parseJournal(
  path: string,
  text: string,
): { header: JournalHeader | null; records: JournalRecord[]; size: number } {
  const lines = text.split('\n');
  // Behind the last line end there is nothing, or the beginning of a line that was torn.
  const torn = lines.pop() as string;
  let size = Buffer.byteLength(text) - Buffer.byteLength(torn);
  const records: JournalRecord[] = [];
  let header: JournalHeader | null = null;
  for (const [index, line] of lines.entries()) {
    const value = parseLine(line);
    if (index === 0) {
      header = checkedHeader(path, value);
      continue;
    }
    const record = journalRecord.safeParse(value);
    if (record.success) records.push(record.data);
    // A disk may keep the end of a block and lose its beginning: then the last line is whole and means nothing.
    else if (index === lines.length - 1) size -= Buffer.byteLength(line) + 1;
    else throw damaged(path, index + 1, record.error);
  }
  return { header, records, size };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function checkedHeader(path: string, value: unknown): JournalHeader {
  const parsed = journalHeader.safeParse(value);
  if (parsed.success) return parsed.data;
  const { journal, version } = (value ?? {}) as { journal?: unknown; version?: unknown };
  if (journal === JOURNAL.journal && version !== JOURNAL.version) {
    const message = `${path}: is of version ${shownValue(version)}, this is ${JOURNAL.version}`;
    const hint = 'Finish with the version of image-drift that began it.';
    throw new PublishError('JOURNAL_VERSION', message, { hint });
  }
  throw new PublishError('JOURNAL_NOT_OURS', `${path}: is there but is not a journal of a publish`, {
    hint: 'Name another file with --journal.',
  });
}

function damaged(path: string, line: number, error: z.ZodError): PublishError {
  const message = `${path} line ${line.toLocaleString('en')}: is not a record of a publish: ${z.prettifyError(error).replace(/\s+/g, ' ')}`;
  const hint =
    'What was sent is no longer known for certain. Wait until the events of the last run are visible in Fiddler (about five minutes), then move the file away and run again: it looks up what is there.';
  return new PublishError('JOURNAL_DAMAGED', message, { hint });
}

/** The first line names every file that was published. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

const neededOfHeader = journalHeader.pick({
  ...{ journal: true, environment: true, files: true, timestamps: true },
  ...{ server: true, organization: true, model: true },
});

/** @throws FileError; PublishError `JOURNAL_NOT_OURS`, and `JOURNAL_OF_BASELINE` without production events */
export async function readJournalHeader(
  path: string,
): Promise<Pick<JournalHeader, 'files' | 'timestamps' | 'server' | 'organization' | 'model'>> {
  const header = neededOfHeader.safeParse(parseLine(await firstLine(path)));
  if (!header.success) throw new PublishError('JOURNAL_NOT_OURS', `${path}: is not a journal of image-drift publish`);
  if (header.data.environment.type === 'PRODUCTION') return header.data;
  const message = `${path}: is the journal of a baseline, ${header.data.environment.name}`;
  const hint = 'Production events are compared with a baseline: give the journal of the production events.';
  throw new PublishError('JOURNAL_OF_BASELINE', message, { hint });
}

async function firstLine(path: string): Promise<string> {
  const file = await RandomAccessFile.open(path);
  try {
    const text = new TextDecoder().decode(await file.read(0, Math.min(file.size, MAX_HEADER_BYTES)));
    const end = text.indexOf('\n');
    return end < 0 ? text : text.slice(0, end);
  } finally {
    await file.close();
  }
}
