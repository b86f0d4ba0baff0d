/**
 * `judged.json`: what the sums were judged to be, so that a status need not judge a year again. It has a hash of all that
 * was judged, and one of itself: if a byte of them differs, nothing of it is used.
 */
import { bytesOfText, join, sha256, sha256Of, utf8 } from '#platform';
import { FileError, readSmallFile } from '../../files/index.js';
import type { Alarm, MonitorRun, TestReport, TimelineEntry } from '../../monitor/index.js';
import { packageVersion } from '../../weights/index.js';
import { writeOwnFile } from './json-lines.js';
import type { MonitorState } from './state-file.js';
import { MAX_MONTH_BYTES } from './sums-file.js';

const JUDGED_FILE = 'judged.json';
/** Hours of a century. */
const MAX_BYTES = 256 * 2 ** 20;

/** What a status says of the sums. */
export interface Judgement {
  timeline: readonly Omit<TimelineEntry, 'tests'>[];
  /** Those of the last window. */
  tests: readonly TestReport[];
  /** The one that is open. */
  alarm: Alarm | null;
}

export function judgementOf({ timeline, alarm }: MonitorRun): Judgement {
  return { timeline: timeline.map(({ tests: _, ...entry }) => entry), tests: timeline.at(-1)?.tests ?? [], alarm };
}

/** @returns null if there is none of this state, or it is damaged @throws FileError if sums of the state are gone */
export async function readJudgement(folder: string, state: MonitorState): Promise<Judgement | null> {
  const key = await keyOf(folder, state);
  const text = await textIn(join(folder, JUDGED_FILE));
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  return text.slice(0, end) === headOf(key, body) ? (JSON.parse(body) as Judgement) : null;
}

/** @param state as it is in the folder */
export async function writeJudgement(folder: string, state: MonitorState, judgement: Judgement): Promise<void> {
  const body = JSON.stringify(judgement);
  const head = headOf(await keyOf(folder, state), body);
  await writeOwnFile(join(folder, JUDGED_FILE), bytesOfText(`${head}\n${body}`));
}

function headOf(key: string, body: string): string {
  return JSON.stringify({ judged: key, sha256: sha256Of(bytesOfText(body)) });
}

async function textIn(path: string): Promise<string> {
  try {
    return utf8(await readSmallFile(path, MAX_BYTES, 'what was judged'));
  } catch (error) {
    if (error instanceof FileError) return '';
    throw error;
  }
}

/** Hashes all that a judgement depends on. */
async function keyOf(folder: string, state: MonitorState): Promise<string> {
  const { baseline_sha256, promise, judged, acknowledged, components } = state;
  const hash = sha256();
  hash.update(bytesOfText(JSON.stringify([packageVersion, baseline_sha256, promise, judged, acknowledged])));
  for (const file of components.flatMap(({ months }) => Object.values(months))) {
    hash.update(await readSmallFile(join(folder, file), MAX_MONTH_BYTES, "a month's sums"));
  }
  return hash.digest('hex');
}
