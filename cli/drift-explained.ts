/** `drift --explain`: the windows that drifted, measured and explained in one command. */
import { type OptionWords, toggle } from '../base/index.js';
import type { Explanation } from '../pipeline/explain/index.js';
import type { MeasureOptions } from '../pipeline/measure/index.js';
import { searchFields } from '../pipeline/options/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import type { CommonArgs } from './command.js';
import { type DriftFindings, driftFindings, exemplarsFor } from './computations.js';
import { compute } from './computing.js';
import { explainMeasured, SHOWN_PAIRS } from './explaining.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { engineFlags } from './load-embedder.js';
import { baselineImagesFlag, imageSetFlags, weightsFlag } from './shared-options.js';
import { UsageError } from './usage-error.js';

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

/** Findings, and what was found of the windows that drifted; null if none did. */
export interface ExplainedFindings {
  findings: DriftFindings;
  explanation: Explanation | null;
}

/** What `--explain` needs. */
export interface ExplainInputs {
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
