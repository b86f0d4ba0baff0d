/** What a journal says of a publish, for whoever has to know its events: their files, and the times they were given. */
import { RandomAccessFile } from '../../../files/index.js';
import { PublishError } from '../publish-error.js';
import { type JournalHeader, journalHeader } from './records.js';

/** The first line names every file that was published. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

const neededOfHeader = journalHeader.pick({
  ...{ journal: true, environment: true, files: true, timestamps: true },
  ...{ server: true, organization: true, model: true },
});

/** @throws FileError; PublishError `JOURNAL_NOT_OURS`, and `JOURNAL_OF_BASELINE` for one that has no production events */
export async function readJournalHeader(
  path: string,
): Promise<Pick<JournalHeader, 'files' | 'timestamps' | 'server' | 'organization' | 'model'>> {
  const header = neededOfHeader.safeParse(parsed(await firstLine(path)));
  if (!header.success) throw new PublishError('JOURNAL_NOT_OURS', `${path}: is not a journal of image-drift publish`);
  if (header.data.environment.type === 'PRODUCTION') return header.data;
  throw new PublishError(
    'JOURNAL_OF_BASELINE',
    `${path}: is the journal of a baseline, ${header.data.environment.name}`,
    {
      hint: 'Production events are compared with a baseline: give the journal of the production events.',
    },
  );
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
