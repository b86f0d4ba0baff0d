import { text } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { ModelComparison } from '../pipeline/labels/index.js';
import { compareFields } from '../pipeline/options/index.js';
import { checkRuns } from './checked-runs.js';
import { command } from './command.js';
import { comparisonNotes, comparisonTable, verdictWords } from './comparison-words.js';
import { compute } from './computing.js';
import { flagged, valuesOf } from './flag.js';
import { printJson, printLines, say } from './output.js';
import { writeText } from './outputs.js';
import { columnChoice, computing } from './shared-options.js';
import { formatTable } from './table.js';

const { labels, labelPlan, by, group } = flagged(compareFields);

export const compare = command({
  usage: 'compare <old> <new>',
  describe: 'Events of two models on the same images → what changed, and whether the new one is better',
  positionals: {
    old: text().needed().flag('Made by embed with the old model, with class scores'),
    new: text().needed().flag('Made with the new one of the same images'),
  },
  options: {
    labels,
    labelPlan,
    by,
    report: text().flag('HTML page to make: the numbers, and pictures of the images that changed'),
    ...computing(columnFields),
    group,
  },
  inputs: ['old', 'new', 'labels', 'label-plan'],
  outputs: ['report'],
  files: ['report'],
  examples: [
    ['compare old.parquet new.parquet', 'By the labels of the events'],
    ['compare old.parquet new.parquet --labels labels.csv --label-plan plan.csv --by camera', 'By a few labels'],
  ],
  async run(args) {
    await checkRuns([args.old, args.new]);
    const options = { ...valuesOf(compareFields, args), columns: columnChoice(args) };
    const { report, page } = await compute('compareModels', args.old, args.new, options, args.report !== undefined);
    if (args.report !== undefined && page !== null) await writeText(args.report, page);
    if (args.json) return printJson(report);
    printLines(comparisonText(report));
    if (args.report !== undefined) say(args.quiet, `Report: ${args.report}`);
  },
});

const COUNTED = ['images', 'decisions', 'changed', 'right to wrong', 'wrong to right'];

function comparisonText(report: ModelComparison): string {
  const [header, ...cells] = comparisonTable(report);
  const table = formatTable(
    header!.map((name) => (COUNTED.includes(name) ? `>${name}` : name)),
    cells,
  );
  return [`${verdictWords(report)}.`, '', table, '', ...comparisonNotes(report)].join('\n');
}
