import type { WindowLength } from '../drift/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import { type Command, type CommonArgs, wholeNumber } from './command.js';
import { commandLine } from './command-line.js';
import { exemplarsFor } from './computations.js';
import { compute } from './computing.js';
import { budgetOf, explainMeasured, type SearchArgs, SHOWN_PAIRS, searchOptions } from './explaining.js';
import { computing } from './flag.js';
import { type EngineArgs, engineOptions } from './load-embedder.js';
import { printJson, printLines, say } from './output.js';
import { writeText } from './outputs.js';
import {
  baselineImagesOption,
  baselineOption,
  type ColumnArgs,
  cacheOption,
  columnChoice,
  columnOptions,
  decodeOptions,
  groupOption,
  type ImageSetArgs,
  imageSetOptions,
  imageSetSettings,
  redactPathsOption,
  seedOption,
  weightsOption,
  windowOption,
} from './shared-options.js';

interface Args extends EngineArgs, ColumnArgs, ImageSetArgs, SearchArgs {
  events: string[];
  weights: string;
  baseline: string;
  baselineImages: string[];
  equivalence: number;
  rows: number;
  looks: number;
  methods?: string;
  window?: WindowLength;
  keep: boolean;
  seed: number;
  group?: string;
  report?: string;
  baselineEvents?: string;
  pictures: boolean;
  redactPaths: boolean;
}

export const explain: Command<Args> = {
  usage: 'explain <events..>',
  describe: "A window + the baseline's images → the cause made again, and the accuracy read off",
  positionals: {
    events: { type: 'string', array: true, describe: 'One file a window, made by embed' },
  },
  options: {
    weights: weightsOption,
    baseline: baselineOption,
    'baseline-images': { ...baselineImagesOption, demandOption: true },
    ...windowOption,
    report: {
      type: 'string',
      requiresArg: true,
      describe: "HTML report to make: that of drift, with each window's cause",
    },
    'baseline-events': {
      type: 'string',
      requiresArg: true,
      describe: "The baseline's events, so that the report can show its images in all of its parts",
    },
    pictures: {
      computes: true,
      type: 'boolean',
      default: true,
      describe: 'Pictures in the report; --no-pictures for not a pixel of any',
    },
    'redact-paths': redactPathsOption('files and images are shown by their last name alone'),
    ...searchOptions,
    equivalence: {
      computes: true,
      type: 'number',
      default: 0.55,
      requiresArg: true,
      describe: 'A cause suffices if the upper bound of the AUC is below this; at most 0.55',
    },
    rows: {
      computes: true,
      type: 'number',
      default: 2500,
      requiresArg: true,
      describe: 'Images of the baseline that are used, drawn at random',
      coerce: wholeNumber('rows', 200),
    },
    looks: {
      computes: true,
      type: 'number',
      default: 200,
      requiresArg: true,
      describe: 'Images of the baseline that the whole library is applied to; fewer large ones',
      coerce: wholeNumber('looks', 1),
    },
    methods: {
      list: true,
      computes: true,
      type: 'string',
      requiresArg: true,
      describe: 'As of drift, and the same default: by their verdict a window is unchanged or not',
    },
    keep: {
      type: 'boolean',
      default: true,
      describe: 'Keep what is found about the baseline for the next run; --no-keep for nothing on disk',
    },
    seed: seedOption('Of the images that are drawn'),
    ...computing(columnOptions),
    ...groupOption,
    ...imageSetOptions,
    ...decodeOptions,
    ...cacheOption,
    ...engineOptions,
  },
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
    budgetOf(args);
    await compute('checkOptions', { methods: args.methods?.split(',') });
    const { readProfile } = await import('../pipeline/measure/index.js');
    const { explainJson, reportExplanation } = await import('../pipeline/explain/index.js');
    const profile = await readProfile(args.baseline);
    const measured = {
      ...{ columns: columnChoice(args), methods: args.methods?.split(','), group: args.group, window: args.window },
    };
    const exemplars = await exemplarsFor(args.report !== undefined);
    const measurement = await compute('measure', profile, args.events, {
      ...measured,
      exemplars,
      paths: !args.redactPaths,
    });
    const { equivalence, rows, looks, keep, seed, weights, baselineImages } = args;
    const explaining = { weights, baselineImages, profile, measurement };
    const explanation = await explainMeasured(args, explaining, {
      ...{ ...measured, ...imageSetSettings(args), equivalence, rows, looks, keep, seed },
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
};

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
