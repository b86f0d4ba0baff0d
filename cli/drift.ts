import { oneOf, paths, shellWord, text, toggle } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { WindowReport } from '../drift/index.js';
import type { CentroidsFile, ExpectedNumbers } from '../fiddler/publish/index.js';
import type { Explanation } from '../pipeline/explain/index.js';
import type { MeasureOptions } from '../pipeline/measure/index.js';
import { measureFields, reportFields } from '../pipeline/options/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';
import { checkRuns } from './checked-runs.js';
import { type CommonArgs, command, Found } from './command.js';
import type { DriftFindings } from './computations.js';
import { compute } from './computing.js';
import { centroidsAskedFor, expectedOf } from './drift-centroids.js';
import { commandLine, explainedFindings, explainFlags, explainInputs } from './explaining.js';
import { modelFlags } from './fiddler-options.js';
import { type ArgsOf, flagged, givenFlag, valuesOf } from './flag.js';
import { ourCommand, printJson, printLines, say, terminalWidth } from './output.js';
import { writeText } from './outputs.js';
import { baselineFlag, columnChoice, computing, reportPrivacyFlags } from './shared-options.js';
import { UsageError } from './usage-error.js';

/** Rows that `--ranked` writes at most: 20 MB of text. */
const MOST_RANKED = 100_000;

const { project, model, modelVersion, insecureHttp } = modelFlags;
const { group, by, methods, window, seed, ...judging } = flagged(measureFields);
const { umap, fetchImages, cache, baselineEvents } = reportFields;

const options = {
  baseline: baselineFlag,
  ...computing(columnFields),
  ...{ group, by, methods, window },
  ...judging,
  format: oneOf('table', 'json', 'markdown')
    .default('table')
    .computes('As text, as --json, or as Markdown for the summary of a job'),
  failOnDrift: toggle().default(false).computes('Exit with 3 when a window drifted'),
  report: text().flag('HTML report to make, one file that needs no network'),
  ranked: text().flag(
    'Csv of the rows, most unlike the baseline first, with flags such as blurred: which images to look at',
  ),
  baselineEvents,
  centroids: text().flag(
    "Fiddler's centroids, to know the number that it will chart: a file made by onboard, or server",
  ),
  project: project.flag('For --centroids server: name of the project'),
  model: model.flag('For --centroids server: name of the model'),
  modelVersion: modelVersion.flag('For --centroids server: version of the model'),
  insecureHttp,
  drill: text().flag('What image-drift drill --json wrote, to be shown in the report'),
  ...explainFlags,
  ...reportPrivacyFlags,
  ...{ fetchImages, cache, umap, seed },
};
const positionals = {
  events: paths().needed().flag('One file a window: .parquet, .jsonl, .csv, .npz or .npy; or RUN'),
};
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const drift = command({
  usage: 'drift <events..>',
  describe: 'Profile + events → distances, verdicts with their certainty, causes, report',
  positionals,
  options,
  inputs: ['events', 'baseline', 'baseline-events', 'drill', 'centroids', 'weights', 'baseline-images'],
  outputs: ['report', 'ranked', 'cache'],
  files: ['report', 'ranked'],
  examples: [
    ['drift production_*.parquet --baseline profile.json', ''],
    ['drift events.parquet --baseline profile.json --window 1d --methods all --report drift.html', ''],
    ['drift today.parquet --baseline profile.json --by camera,site', 'A verdict for each camera and each site'],
    ['drift today.parquet --baseline profile.json --ranked rows.csv', 'Which images to look at first'],
    ['drift today.parquet --baseline profile.json --fail-on-drift --json', 'For programs'],
    ['drift today.parquet --baseline profile.json --format markdown >> "$GITHUB_STEP_SUMMARY"', ''],
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
    if (args.format === 'markdown') printLines((await import('./drift-markdown.js')).driftMarkdown(findings.report));
    else if (args.json || args.format === 'json')
      printJson({ ...findings.report, fiddler, explanation: explanation && (await jsonOf(explanation)) });
    else await printFindings(findings, fiddler, explanation, args);
    const drifted = findings.report.windows.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name);
    if (args.failOnDrift && drifted.length > 0) throw new Found(`drift in ${drifted.join(', ')}`);
  },
});

/** They ask for something to be shown. @throws UsageError */
function refuseWithoutReport(args: Args): void {
  const flag = args.report === undefined ? givenFlag(args, drift.options, ['drill', 'fetch-images']) : null;
  if (flag !== null) throw new UsageError(`drift: ${flag} is for --report FILE`, 'Name the report, or leave it out.');
}

async function jsonOf(explanation: Explanation) {
  return (await import('../pipeline/explain/index.js')).explainJson(explanation);
}

function measureOptions(args: Args, centroids: CentroidsFile | null): MeasureOptions {
  return {
    ...valuesOf(measureFields, args),
    otherCentroids: centroids?.centroids,
    columns: columnChoice(args),
    ranked: args.ranked === undefined ? undefined : MOST_RANKED,
    paths: !args.redactPaths,
  };
}

async function reportOptions(args: Args): Promise<ReportOptions> {
  const { drill, redactPaths } = args;
  return {
    ...valuesOf(reportFields, args),
    paths: !redactPaths,
    columns: columnChoice(args),
    drill: drill === undefined ? null : await drillOf(args, drill),
    provenance: [{ label: 'Command', value: commandLine(redactPaths) }],
  };
}

/** Refused before the windows are measured, if it is of another profile. */
async function drillOf({ baseline }: Args, path: string) {
  const { readDrill } = await import('../pipeline/drill/index.js');
  const { readProfile } = await import('../pipeline/measure/index.js');
  return readDrill(path, await readProfile(baseline));
}

async function printFindings(
  { report, withoutTime, carried, ranked }: DriftFindings,
  fiddler: ExpectedNumbers | null,
  explanation: Explanation | null,
  { quiet, group, by, report: page, ranked: list, events, baseline }: Args & CommonArgs,
): Promise<void> {
  const { driftTable, fiddlerTable } = await import('./drift-table.js');
  const { segmentTable } = await import('./drift-table.js');
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
  const { carriedLines } = await import('./same-words.js');
  for (const line of carriedLines(carried, [group, by])) say(quiet, line);
  if (withoutTime > 0) say(quiet, `${withoutTime.toLocaleString('en')} rows have no timestamp, and are in no window.`);
  if (page !== undefined) say(quiet, `Report: ${page}`);
  if (events.length === 1 && report.windows.some(isOpen)) {
    const plan = ourCommand(`label-plan ${shellWord(events[0]!)} --budget 100 --profile ${shellWord(baseline)}`);
    say(quiet, `Next: ${plan}: which images to label, to know how accurate the model is on them`);
  }
  if (list !== undefined && ranked !== null) say(quiet, `Ranked rows: ${list}${rankedOf(ranked)}`);
}

/** Whether labels would say what is only estimated. */
function isOpen({ verdict, accuracy, estimated_accuracy: estimate }: WindowReport): boolean {
  return verdict === 'drift' && accuracy === null && estimate !== null;
}

function rankedOf({ rows, seen }: { rows: number; seen: number }): string {
  if (rows === seen) return '';
  return `, ${rows.toLocaleString('en')} of ${seen.toLocaleString('en')}: the most unlike`;
}
