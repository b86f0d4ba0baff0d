import { paths } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { AccuracyReport, ShownShare } from '../pipeline/labels/index.js';
import { accuracyFields } from '../pipeline/options/index.js';
import { percent, rangeWords } from '../report/numbers/index.js';
import { checkRuns } from './checked-runs.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { flagged, valuesOf } from './flag.js';
import { printJson, printLines } from './output.js';
import { columnChoice, computing } from './shared-options.js';
import { formatTable } from './table.js';

const { labels, labelPlan, profile, by, group } = flagged(accuracyFields);

export const accuracy = command({
  usage: 'accuracy <events..>',
  describe: 'Events + labels of some of them → accuracy, precision and recall with 95 % intervals',
  positionals: { events: paths().needed().flag('Made by embed, with class scores; or RUN') },
  options: { labels, labelPlan, profile, by, ...computing(columnFields), group },
  inputs: ['events', 'labels', 'label-plan', 'profile'],
  examples: [
    ['accuracy week.parquet --labels labels.csv --profile profile.json', 'Images that were drawn at random'],
    ['accuracy week.parquet --labels labels.csv --label-plan plan.csv --by camera', 'Images that label-plan chose'],
  ],
  async run(args) {
    await checkRuns(args.events);
    const options = { ...valuesOf(accuracyFields, args), columns: columnChoice(args) };
    const report = await compute('accuracy', args.events, options);
    if (args.json) return printJson(report);
    printLines(accuracyTable(report));
  },
});

const BY: Readonly<Record<ShownShare['by'], string>> = {
  exact: 'labels alone (Clopper-Pearson)',
  ppi: 'labels and confidence (PPI++)',
  plan: 'the chances of the plan',
};

function accuracyTable({ accuracy: whole, rows, classes, segments, notes }: AccuracyReport): string {
  if (whole === null) return labelsTable(classes, notes);
  const line = (name: string, count: string, share: ShownShare | null) =>
    share === null ? [name, count, '0', '-', ''] : [name, count, share.labels.toLocaleString('en'), ...wordsOf(share)];
  const cells = [
    line('accuracy', rows.toLocaleString('en'), whole),
    ...segments.map(({ by: name, value, rows: own, accuracy: share }) =>
      line(`${name}=${value}`, own.toLocaleString('en'), share),
    ),
    ...Object.entries(classes).map(([name, { recall }]) => line(`recall of ${name}`, '', recall)),
  ];
  const said = sentences(notes);
  return [
    formatTable(['', '>rows', '>labels', '>share', '95 % interval'], cells),
    '',
    `The interval is from ${BY[whole.by]}.`,
    ...said,
  ].join('\n');
}

function sentences(notes: readonly string[]): string[] {
  return notes.map((note) => `${note[0]!.toUpperCase()}${note.slice(1)}.`);
}

/** Precision and recall of each label, where several may hold. */
function labelsTable(classes: AccuracyReport['classes'], notes: readonly string[]): string {
  const share = (of: ShownShare | null | undefined) => (of ? [String(of.labels), ...wordsOf(of)] : ['0', '-', '']);
  const cells = Object.entries(classes).map(([name, of]) => [name, ...share(of.precision), ...share(of.recall)]);
  const header = ['label', '>found', '>precision', '95 % interval', '>labelled', '>recall', '95 % interval'];
  return [formatTable(header, cells), '', `The intervals are from ${BY.exact}.`, ...sentences(notes)].join('\n');
}

function wordsOf(share: ShownShare): [string, string] {
  return [percent(share.value), rangeWords(share, '-')];
}
