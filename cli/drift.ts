import type { CentroidsFile, ExpectedNumbers } from '../fiddler/publish/index.js';
import type { Explanation } from '../pipeline/explain/index.js';
import type { MeasureOptions } from '../pipeline/measure/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import { carriedLines } from './carried-line.js';
import { checkRuns } from './checked-runs.js';
import type { Command, CommonArgs } from './command.js';
import { commandLine } from './command-line.js';
import type { DriftFindings } from './computations.js';
import { compute } from './computing.js';
import { type CentroidsArgs, centroidsAskedFor, expectedOf } from './drift-centroids.js';
import { type ExplainArgs, explainedFindings, explainInputs, explainOptions } from './drift-explained.js';
import { DriftFound } from './drift-found.js';
import { modelOptions } from './fiddler-options.js';
import { computing } from './flag.js';
import { givenFlag } from './given-flag.js';
import { printJson, printLines, say, terminalWidth } from './output.js';
import { writeText } from './outputs.js';
import {
  baselineOption,
  cacheOption,
  columnChoice,
  columnOptions,
  groupOption,
  type ReportPrivacyArgs,
  reportPrivacyOptions,
  seedOption,
  segmentsOption,
  windowOption,
} from './shared-options.js';
import { thresholds } from './thresholds.js';
import { UsageError } from './usage-error.js';

interface Args extends CentroidsArgs, ReportPrivacyArgs, ExplainArgs {
  events: string[];
  methods?: string;
  base: 'e' | '2';
  window?: '1h' | '1d' | '1w';
  alpha: number;
  adjust?: 'bh';
  threshold?: string;
  detect: number;
  seed: number;
  failOnDrift: boolean;
  report?: string;
  drill?: string;
  fetchImages: boolean;
  group?: string;
  by?: string;
  cache?: string;
  umap: boolean;
  ranked?: string;
}

/** Rows that `--ranked` writes at most: 20 MB of text. */
const MOST_RANKED = 100_000;

export const drift: Command<Args> = {
  usage: 'drift <events..>',
  describe: 'Profile + events → distances, verdicts with their certainty, causes, report',
  positionals: {
    events: {
      type: 'string',
      array: true,
      describe: 'One file a window: .parquet, .jsonl, .csv, .npz or .npy; or RUN',
    },
  },
  options: {
    baseline: baselineOption,
    ...computing(columnOptions),
    ...groupOption,
    ...segmentsOption(
      'A verdict for each value of these columns, too: camera,site,class. The profile needs the same --by',
    ),
    methods: {
      list: true,
      computes: true,
      type: 'string',
      requiresArg: true,
      describe:
        'js, psi, mmd, classifier, frechet, labels, confidence, entropy, accuracy, images, repeats: a,b,c or all; else js, mmd, labels, confidence, images and repeats vote as one test',
    },
    ...windowOption,
    alpha: {
      computes: true,
      type: 'number',
      default: 0.05,
      requiresArg: true,
      describe: 'Share of windows without drift that may be called drift, from 0.0001 to 0.5',
    },
    adjust: {
      computes: true,
      type: 'string',
      choices: ['bh'],
      describe: 'For a look back at many windows: adjust p for their number, by Benjamini and Hochberg',
    },
    threshold: {
      list: true,
      computes: true,
      type: 'string',
      requiresArg: true,
      describe: 'No drift below this value, however sure: js=0.1,psi=0.2; without a name it is js, and the only method',
    },
    detect: {
      computes: true,
      type: 'number',
      default: 0.1,
      requiresArg: true,
      describe: 'Distance (base 2) that a window must be able to see, or it has too few rows',
    },
    base: {
      computes: true,
      type: 'string',
      choices: ['e', '2'],
      default: 'e',
      describe: 'Of the logarithm: e as Fiddler and scipy, 2 for a range of 0 to 1',
    },
    'fail-on-drift': { computes: true, type: 'boolean', default: false, describe: 'Exit with 3 when a window drifted' },
    report: { type: 'string', requiresArg: true, describe: 'HTML report to make, one file that needs no network' },
    ranked: {
      type: 'string',
      requiresArg: true,
      describe: 'Csv of the rows, most unlike the baseline first: which images to look at, and to label',
    },
    'baseline-events': {
      type: 'string',
      requiresArg: true,
      describe: "The baseline's events, so that the report can show its images too, and for --centroids",
    },
    centroids: {
      type: 'string',
      requiresArg: true,
      describe: "Fiddler's centroids, to know the number that it will chart: a file made by onboard, or server",
    },
    ...modelOptions,
    project: { ...modelOptions.project, describe: 'For --centroids server: name of the project' },
    model: { ...modelOptions.model, describe: 'For --centroids server: name of the model' },
    'model-version': { ...modelOptions['model-version'], describe: 'For --centroids server: version of the model' },
    drill: {
      type: 'string',
      requiresArg: true,
      describe: 'What image-drift drill --json wrote, to be shown in the report',
    },
    ...explainOptions,
    ...reportPrivacyOptions,
    'fetch-images': {
      type: 'boolean',
      default: false,
      describe: 'Also pictures of images at URLs in the report: asks the servers that the events name',
    },
    ...cacheOption,
    umap: {
      computes: true,
      type: 'boolean',
      default: true,
      describe: 'UMAP in the report; --no-umap saves some seconds',
    },
    seed: seedOption('Of all resampling'),
  },
  inputs: ['events', 'baseline', 'baseline-events', 'drill', 'centroids', 'weights', 'baseline-images'],
  outputs: ['report', 'ranked', 'cache'],
  files: ['report', 'ranked'],
  examples: [
    ['drift production_*.parquet --baseline profile.json', ''],
    ['drift events.parquet --baseline profile.json --window 1d --methods all --report drift.html', ''],
    ['drift today.parquet --baseline profile.json --by camera,site', 'A verdict for each camera and each site'],
    ['drift today.parquet --baseline profile.json --ranked rows.csv', 'Which images to look at first'],
    ['drift today.parquet --baseline profile.json --fail-on-drift --json', 'For programs'],
    [
      'drift today.parquet --baseline profile.json --explain --baseline-images reference/ --weights weights/mine',
      'What happened, and how accurate the model still is',
    ],
    [
      'drift p*.parquet --baseline profile.json --centroids resnet18.centroids.json --baseline-events reference.parquet',
      "Fiddler's number too",
    ],
  ],
  async run(args) {
    refuseWithoutReport(args);
    await compute('checkOptions', measureOptions(args, null));
    const inputs = explainInputs(args);
    await checkRuns(args.events);
    const centroids = await centroidsAskedFor(args);
    const options = measureOptions(args, centroids);
    const report = args.report === undefined ? null : await reportOptions(args);
    const { findings, explanation } =
      inputs === null
        ? { findings: await compute('drift', args.baseline, args.events, options, report), explanation: null }
        : await explainedFindings(args, inputs, options, report);
    const fiddler = centroids && (await expectedOf(centroids, args, findings));
    if (args.report !== undefined && findings.page !== null) await writeText(args.report, findings.page);
    if (args.ranked !== undefined && findings.ranked !== null) await writeText(args.ranked, findings.ranked.csv);
    if (args.json) printJson({ ...findings.report, fiddler, explanation: explanation && (await jsonOf(explanation)) });
    else await printFindings(findings, fiddler, explanation, args);
    const drifted = findings.report.windows.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name);
    if (args.failOnDrift && drifted.length > 0) throw new DriftFound(drifted);
  },
};

/** They ask for something to be shown. @throws UsageError */
function refuseWithoutReport(args: Args): void {
  const flag = args.report === undefined ? givenFlag(args, drift.options, ['drill', 'fetch-images']) : null;
  if (flag !== null) throw new UsageError(`drift: ${flag} is for --report FILE`, 'Name the report, or leave it out.');
}

async function jsonOf(explanation: Explanation) {
  return (await import('../pipeline/explain/index.js')).explainJson(explanation);
}

function measureOptions(args: Args, centroids: CentroidsFile | null): MeasureOptions {
  const { base, window, alpha, adjust, threshold, detect, seed, ranked, redactPaths } = args;
  return {
    methods: args.methods?.split(','),
    base: base === '2' ? 2 : 'e',
    window,
    alpha,
    adjust,
    threshold: threshold === undefined ? undefined : thresholds(threshold),
    detect,
    seed,
    otherCentroids: centroids?.centroids,
    columns: columnChoice(args),
    ranked: ranked === undefined ? undefined : MOST_RANKED,
    group: args.group,
    by: args.by?.split(','),
    paths: !redactPaths,
  };
}

async function reportOptions(args: Args): Promise<ReportOptions> {
  const { baselineEvents, umap, drill, images, fetchImages, cache, redactPaths } = args;
  return {
    baselineEvents,
    umap,
    images,
    fetchImages,
    cache,
    paths: !redactPaths,
    columns: columnChoice(args),
    drill: drill === undefined ? null : await (await import('../pipeline/drill/index.js')).readDrill(drill),
    provenance: [{ label: 'Command', value: commandLine(redactPaths) }],
  };
}

async function printFindings(
  { report, withoutTime, carried, ranked }: DriftFindings,
  fiddler: ExpectedNumbers | null,
  explanation: Explanation | null,
  { quiet, group, by, report: page, ranked: list }: Args & CommonArgs,
): Promise<void> {
  const { driftTable, fiddlerTable } = await import('./drift-table.js');
  const { segmentTable } = await import('./segment-table.js');
  const remade =
    explanation === null ? new Map<string, string>() : (await import('./explain-table.js')).remadeCauses(explanation);
  printLines(driftTable(report, terminalWidth(), remade));
  const segments = segmentTable(report);
  if (segments !== null) printLines(`\n${segments}`);
  if (fiddler !== null) printLines(`\n${fiddlerTable(fiddler, report)}`);
  if (explanation !== null) printLines(`\n${(await import('./explain-table.js')).explainTable(explanation)}`);
  for (const { name, skipped } of report.windows) {
    if (skipped === 0) continue;
    const [rows, were] = skipped === 1 ? ['1 row', 'was'] : [`${skipped.toLocaleString('en')} rows`, 'were'];
    say(quiet, `${name}: ${rows} with a value that is not finite ${were} left out.`);
  }
  for (const line of carriedLines(carried, [group, by])) say(quiet, line);
  if (withoutTime > 0) say(quiet, `${withoutTime.toLocaleString('en')} rows have no timestamp, and are in no window.`);
  if (page !== undefined) say(quiet, `Report: ${page}`);
  if (list !== undefined && ranked !== null) say(quiet, `Ranked rows: ${list}${rankedOf(ranked)}`);
}

/** Says how many rows there are, where not all were written. */
function rankedOf({ rows, seen }: { rows: number; seen: number }): string {
  if (rows === seen) return '';
  return `, ${rows.toLocaleString('en')} of ${seen.toLocaleString('en')}: the most unlike`;
}
