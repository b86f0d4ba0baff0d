import { paths, text, toggle } from '../base/index.js';
import { columnFields, decodeFields } from '../data/options/index.js';
import { explainFields } from '../pipeline/options/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import { type CommonArgs, command } from './command.js';
import { exemplarsFor } from './computations.js';
import { compute } from './computing.js';
import { commandLine, explainMeasured, SHOWN_PAIRS } from './explaining.js';
import { type ArgsOf, flagged, valuesOf } from './flag.js';
import { askDepth, engineFlags } from './given-model.js';
import { printJson, printLines, say } from './output.js';
import { writeText } from './outputs.js';
import {
  baselineFlag,
  baselineImagesFlag,
  columnChoice,
  computing,
  imageSetFlags,
  reportPrivacyFlags,
  weightsFlag,
} from './shared-options.js';

const { window, group, candidates, budget, cache, ...own } = flagged(explainFields);
const { equivalence, rows, looks, methods, keep, seed } = own;

const options = {
  weights: weightsFlag,
  baseline: baselineFlag,
  baselineImages: baselineImagesFlag.needed(),
  window,
  report: text().flag("HTML report to make: that of drift, with each window's cause"),
  baselineEvents: text().flag("The baseline's events, so that the report can show its images in all of its parts"),
  pictures: toggle().default(true).computes('Pictures in the report; --no-pictures for not a pixel of any'),
  redactPaths: reportPrivacyFlags.redactPaths,
  ...{ candidates, budget, equivalence, rows, looks, methods, keep, seed },
  ...computing(columnFields),
  group,
  ...imageSetFlags,
  ...decodeFields,
  cache,
  ...engineFlags,
};
const positionals = { events: paths().needed().flag('One file a window, made by embed') };
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const explain = command({
  usage: 'explain <events..>',
  describe: "A window + the baseline's images → the cause made again, and the accuracy read off",
  positionals,
  options,
  inputs: ['events', 'weights', 'baseline', 'baseline-images', 'baseline-events'],
  outputs: ['cache', 'report'],
  files: ['report'],
  examples: [
    ['explain week_2.parquet --baseline profile.json --baseline-images reference.npz --weights weights/cifar', ''],
    [
      'explain week_2.parquet --baseline profile.json --baseline-images reference/ --weights weights/mine --report why.html',
      'With images of the baseline beside those of the week',
    ],
  ],
  async run(args) {
    const asked = { ...valuesOf(explainFields, args), columns: columnChoice(args) };
    const { methods, columns, group, window } = asked;
    await compute('checkOptions', { methods });
    const { readProfile } = await import('../pipeline/measure/index.js');
    const { explainJson, reportExplanation } = await import('../pipeline/explain/index.js');
    const profile = await readProfile(args.baseline);
    await askDepth(args.weights, args.baselineImages, asked);
    const exemplars = await exemplarsFor(args.report !== undefined);
    const measurement = await compute('measure', profile, args.events, {
      ...{ methods, columns, group, window },
      exemplars,
      paths: !args.redactPaths,
    });
    const { weights, baselineImages } = args;
    const explaining = { weights, baselineImages, profile, measurement };
    const explanation = await explainMeasured(args, explaining, {
      ...asked,
      pairs: args.report !== undefined && args.pictures ? SHOWN_PAIRS : 0,
    });
    if (args.report !== undefined) {
      const options = { ...reportOptions(args), explanation: reportExplanation(explanation) };
      await writeText(args.report, await compute('reportPage', profile, measurement, options));
    }
    if (args.json) return printJson(explainJson(explanation));
    printLines((await import('./explain-table.js')).explainTable(explanation));
    sayRest(args, measurement.withoutTime);
  },
});

function reportOptions(args: Args): ReportOptions {
  const { baselineEvents, pictures, cache, redactPaths } = args;
  return {
    ...{ baselineEvents, cache, images: pictures, paths: !redactPaths, columns: columnChoice(args) },
    provenance: [{ label: 'Command', value: commandLine(redactPaths) }],
  };
}

function sayRest({ quiet, report }: Args & CommonArgs, withoutTime: number): void {
  if (withoutTime > 0) say(quiet, `${withoutTime.toLocaleString('en')} rows have no timestamp, and are in no window.`);
  if (report !== undefined) say(quiet, `Report: ${report}`);
}
