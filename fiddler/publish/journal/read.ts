/** The text of a journal as its header and records: what is whole, without a torn end; anything else is refused. */
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { shownValue } from '../../../base/index.js';
import { PublishError } from '../publish-error.js';
import { JOURNAL_VERSION, type JournalHeader, type JournalRecord, journalHeader, journalRecord } from './records.js';

/** A record is some 150 bytes and a chunk has about five: this is over 80,000 chunks, far beyond any real publish. */
export const MAX_JOURNAL_BYTES = 64 * 2 ** 20;

export async function readJournal(path: string, handle: FileHandle): Promise<string> {
  const { size } = await handle.stat();
  if (size > MAX_JOURNAL_BYTES) {
    throw new PublishError(
      'JOURNAL_TOO_LARGE',
      `${path}: ${size.toLocaleString('en')} bytes, a journal has at most ${MAX_JOURNAL_BYTES.toLocaleString('en')}`,
    );
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
  if (journal === 'image-drift publish' && version !== JOURNAL_VERSION) {
    throw new PublishError(
      'JOURNAL_VERSION',
      `${path}: is of version ${shownValue(version)}, this is ${JOURNAL_VERSION}`,
      {
        hint: 'Finish with the version of image-drift that began it.',
      },
    );
  }
  throw new PublishError('JOURNAL_NOT_OURS', `${path}: is there but is not a journal of a publish`, {
    hint: 'Name another file with --journal.',
  });
}

function damaged(path: string, line: number, error: z.ZodError): PublishError {
  return new PublishError(
    'JOURNAL_DAMAGED',
    `${path} line ${line.toLocaleString('en')}: is not a record of a publish: ${z.prettifyError(error).replace(/\s+/g, ' ')}`,
    {
      hint: 'What was sent is no longer known for certain. Wait until the events of the last run are visible in Fiddler (about five minutes), then move the file away and run again: it looks up what is there.',
    },
  );
}
