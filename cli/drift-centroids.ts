/** `drift --centroids`: the clusters of a server, and the numbers that it will chart. */
import type { columnFields } from '../data/options/index.js';
import type { CentroidsFile, ExpectedNumbers } from '../fiddler/publish/index.js';
import { withTables } from './checked-runs.js';
import type { DriftFindings } from './computations.js';
import { type ModelArgs, withModel } from './fiddler-options.js';
import type { ArgsOf } from './flag.js';
import { columnChoice } from './shared-options.js';
import { UsageError } from './usage-error.js';

interface CentroidsArgs extends ModelArgs, ArgsOf<typeof columnFields> {
  baseline: string;
  baselineEvents?: string | undefined;
  centroids?: string | undefined;
}

const FROM_SERVER = 'server';

/** @throws UsageError where the baseline could not be counted by them */
export async function centroidsAskedFor(args: CentroidsArgs): Promise<CentroidsFile | null> {
  const { centroids: source, baselineEvents } = args;
  if (source === undefined) return null;
  if (baselineEvents === undefined) {
    throw new UsageError(
      '--centroids needs --baseline-events FILE',
      "A profile knows the baseline by its own clusters; to count it by Fiddler's, its events are needed.",
    );
  }
  const { checkCentroidsFit, readCentroids } = await import('../fiddler/publish/index.js');
  const found = source === FROM_SERVER ? await centroidsOnServer(args) : await readCentroids(source);
  const { readProfile } = await import('../pipeline/measure/index.js');
  checkCentroidsFit(await readProfile(args.baseline), found, args.baseline, source);
  return found;
}

/** @throws PublishError `MODEL_NO_CENTROIDS`, and what finding a model throws */
async function centroidsOnServer(args: CentroidsArgs): Promise<CentroidsFile> {
  const { requiredCentroids } = await import('../fiddler/publish/index.js');
  return withModel(args, async (_, model) => {
    const classes = model.task_params?.target_class_order?.map(String) ?? [];
    const known = { project: args.project ?? null, model: model.name, version: model.version, classes };
    return { ...requiredCentroids(model), ...known, weightsSha256: null, tap: null };
  });
}

export async function expectedOf(
  centroids: CentroidsFile,
  args: CentroidsArgs,
  { otherCounts }: DriftFindings,
): Promise<ExpectedNumbers> {
  const { expectedNumbers } = await import('../fiddler/publish/index.js');
  const { centroids: source, baselineEvents } = args;
  return withTables([baselineEvents as string], columnChoice(args), (columns) =>
    expectedNumbers(centroids, source as string, baselineEvents as string, otherCounts, columns),
  );
}
