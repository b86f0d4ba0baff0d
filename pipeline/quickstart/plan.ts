/** Plans what the quickstart would send, for a dry run without a server. */
import { type Problem, type PublishPreview, planPublish } from '../../fiddler/publish/index.js';
import type { LocalHalf } from './local.js';
import { QUICKSTART_BASELINE, type QuickstartPublishOptions } from './publish.js';
import type { QuickstartState } from './state.js';
import { checkEnoughRows, quickstartTimestamps } from './weeks.js';

/** One uploaded file. */
export interface QuickstartUpload {
  environment: string;
  /** File of the event table. */
  file: string;
  /** Time of all events in it, ms since 1970; null for the baseline. */
  at: number | null;
  events: number;
  /** Bytes of all its requests. */
  bytes: number;
}

export interface QuickstartPlan {
  project: string;
  model: string;
  uploads: QuickstartUpload[];
  firstRows: PublishPreview['firstRows'];
  problems: Problem[];
}

/** @throws DataError, FileError, PublishError */
export async function planQuickstart(
  { embedded }: Pick<LocalHalf, 'embedded'>,
  state: QuickstartState,
  { project, model, seed }: Pick<QuickstartPublishOptions, 'project' | 'model' | 'seed'>,
): Promise<QuickstartPlan> {
  const [reference, ...weeks] = embedded.map(({ out }) => out) as [string, ...string[]];
  const timestamps = quickstartTimestamps(state.now, seed);
  checkEnoughRows(embedded.slice(1), timestamps);
  const baseline = await planPublish({
    files: [reference],
    model: null,
    environment: { type: 'PRE_PRODUCTION', name: QUICKSTART_BASELINE },
  });
  const production = await planPublish({
    files: weeks,
    model: null,
    environment: { type: 'PRODUCTION' },
    timestamps,
  });
  return {
    project,
    model,
    uploads: [...uploadsOf(baseline, QUICKSTART_BASELINE), ...uploadsOf(production, 'production')],
    firstRows: production.firstRows,
    problems: [...baseline.problems, ...production.problems],
  };
}

function uploadsOf({ chunks }: PublishPreview, environment: string): QuickstartUpload[] {
  return chunks.map(({ chunk, file, requests }) => {
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    return { environment, file, at: chunk.times?.from ?? null, events: chunk.rows, bytes };
  });
}
