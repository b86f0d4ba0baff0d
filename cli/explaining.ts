/** The part of `explain` and of `drift --explain` that both have: causes are made again for measured windows. */

import { type OptionWords, toggle } from '../base/index.js';
import type { Profile } from '../drift/index.js';
import type { ExplainOptions, Explanation } from '../pipeline/explain/index.js';
import type { Measurement, MeasureOptions } from '../pipeline/measure/index.js';
import { searchFields } from '../pipeline/options/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import { withTables } from './checked-runs.js';
import type { CommonArgs } from './command.js';
import { type DriftFindings, driftFindings, exemplarsFor } from './computations.js';
import { compute } from './computing.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { askDepth, type EngineArgs, engineFlags, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { say } from './output.js';
import { baselineImagesFlag, imageSetFlags, weightsFlag } from './shared-options.js';
import { UsageError } from './usage-error.js';

/** Images that the report shows of each window with its cause. */
export const SHOWN_PAIRS = 6;

/** What is said of each step, and what it counts. */
const STEPS = {
  read: ['reading the baseline', 'images'],
  baseline: ['embedding the baseline', 'images'],
  measure: ['measuring the baseline', 'images'],
  look: ['looking at the library', 'looks'],
  fit: ['fitting strengths', 'looks'],
  remake: ['making a cause again', 'images'],
  compare: ['comparing with the window', 'comparisons'],
} as const;

interface Explaining {
  weights: string;
  baselineImages: readonly string[];
  profile: Profile;
  measurement: Measurement;
}

/** @throws UsageError for a wrong `--budget`, and what `explainMeasurement` throws */
export async function explainMeasured(
  args: EngineArgs & ArgsOf<typeof searchFields> & CommonArgs,
  { weights, baselineImages, profile, measurement }: Explaining,
  options: ExplainOptions,
): Promise<Explanation> {
  const { explainMeasurement } = await import('../pipeline/explain/index.js');
  const embedder = await loadEmbedder(args, weights, { tap: profile.tap ?? undefined });
  const progress = new Progress(args.quiet);
  try {
    const paths = measurement.files.map(({ path }) => path);
    return await withTables(paths, options.columns, (columns) =>
      explainMeasurement(embedder, baselineImages, profile, measurement, {
        ...{ ...options, columns, ...valuesOf(searchFields, args) },
        onStep: (step, done, total) => {
          const [label, unit] = STEPS[step];
          progress.update(label, done, total, unit);
        },
        onNotice: (text) => {
          progress.end();
          say(args.quiet || args.json, text);
        },
      }),
    );
  } finally {
    progress.end();
    await embedder.close();
  }
}

/** The command as it was typed, for the report; of paths only the last name, where they are not to be shown. */
export function commandLine(redactPaths: boolean): string {
  const words = process.argv.slice(2);
  const shown = redactPaths
    ? words.map((word) => word.replace(/[^=]*[\\/](?=[^\\/])/, '').replace(/[\\/]+$/, ''))
    : words;
  return `image-drift ${shown.join(' ')}`;
}

const forExplain = (help: string) => `For --explain: ${help.charAt(0).toLowerCase()}${help.slice(1)}`;
const helpOf = ({ words }: { words: OptionWords }) => forExplain(words.describe as string);
const { labels, imageColumn } = imageSetFlags;

export const explainFlags = {
  explain: toggle()
    .default(false)
    .computes('Also make the cause of each window that drifted again, as explain does; the report shows it'),
  baselineImages: baselineImagesFlag.flag(helpOf(baselineImagesFlag)),
  weights: weightsFlag.optional().flag(helpOf(weightsFlag)),
  labels: labels.computes(helpOf(labels)),
  imageColumn: imageColumn.computes(helpOf(imageColumn)),
  ...searchFields,
  ...engineFlags,
};
type ExplainArgs = ArgsOf<typeof explainFlags>;

interface ExplainedFindings {
  findings: DriftFindings;
  explanation: Explanation | null;
}

interface ExplainInputs {
  weights: string;
  baselineImages: string[];
}

/** Before anything is measured. @throws UsageError where a flag is missing that `--explain` needs */
export function explainInputs(args: ExplainArgs): ExplainInputs | null {
  const { explain, weights, baselineImages } = args;
  if (!explain) return null;
  valuesOf(searchFields, args);
  if (weights === undefined || baselineImages === undefined) {
    throw new UsageError(
      `--explain needs --${weights === undefined ? 'weights' : 'baseline-images'}`,
      "The cause is applied to the baseline's labelled images, and these are embedded by the network of the profile.",
    );
  }
  return { weights, baselineImages };
}

export async function explainedFindings(
  args: ExplainArgs & CommonArgs & { baseline: string; events: string[]; cache?: string | undefined },
  inputs: ExplainInputs,
  options: MeasureOptions,
  report: ReportOptions | null,
): Promise<ExplainedFindings> {
  const { readProfile } = await import('../pipeline/measure/index.js');
  const profile = await readProfile(args.baseline);
  await askDepth(inputs.weights, inputs.baselineImages, {});
  const exemplars = await exemplarsFor(report !== null);
  const measurement = await compute('measure', profile, args.events, { ...options, exemplars });
  const hasDrift = measurement.report.windows.some(({ verdict }) => verdict === 'drift');
  const { columns, group, window } = options;
  const explanation = hasDrift
    ? await explainMeasured(
        args,
        { ...inputs, profile, measurement },
        {
          ...{ columns, group, window, onlyDrifted: true, seed: options.seed ?? 0 },
          ...{ ...valuesOf({ labels, imageColumn }, args), cache: args.cache },
          pairs: report === null || report.images === false ? 0 : SHOWN_PAIRS,
        },
      )
    : null;
  const { reportExplanation } = await import('../pipeline/explain/index.js');
  const shown = { explanation: explanation && reportExplanation(explanation) };
  const page = report && (await compute('reportPage', profile, measurement, { ...report, ...shown }));
  return { findings: await driftFindings(measurement, page, options.paths), explanation };
}
