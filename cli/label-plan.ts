import { paths, shellWord, text } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import { labelPlanFields } from '../pipeline/options/index.js';
import { plural } from '../report/numbers/index.js';
import { checkRuns } from './checked-runs.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { flagged, valuesOf } from './flag.js';
import { ourCommand, print, printJson, printLines, say } from './output.js';
import { missingFiles, writeText } from './outputs.js';
import { columnChoice, computing } from './shared-options.js';
import { formatTable } from './table.js';

const { budget, profile, by, seed, group } = flagged(labelPlanFields);

export const labelPlan = command({
  usage: 'label-plan <events..>',
  describe: 'Events → which images to label, so that few labels say how accurate the model is',
  positionals: { events: paths().needed().flag('Made by embed, with class scores; or RUN') },
  options: {
    budget,
    profile,
    out: text().default('plan.csv').flag('Csv to make: the images, with an empty column label'),
    page: text().flag('Also one HTML page with the images, to label them by keyboard, without a network'),
    tasks: text().flag('Also tasks for Label Studio, with predictions'),
    tasksRoot: text().flag("Label Studio's document root: paths in the tasks become its addresses"),
    by,
    ...computing(columnFields),
    ...{ group, seed },
  },
  inputs: ['events', 'profile'],
  outputs: ['out', 'page', 'tasks'],
  files: ['out', 'page', 'tasks'],
  examples: [
    ['label-plan week.parquet --budget 100 --profile profile.json --out plan.csv', ''],
    ['label-plan week.parquet --budget 300 --profile profile.json --by camera', 'Enough of each camera'],
    ['label-plan events/2026-11-2*.parquet --budget 100 --profile profile.json', 'The days of an alarm'],
  ],
  async run(args) {
    await checkRuns(args.events);
    const options = { ...valuesOf(labelPlanFields, args), columns: columnChoice(args) };
    const { plan, page } = await compute('labelPlan', args.events, options, args.page !== undefined);
    const { keptPlan, labelStudioTasks } = await import('../pipeline/labels/index.js');
    const kept = await keptPlan(args.out, plan);
    const files = [
      ...(kept === null ? [{ path: args.out, text: plan.csv }] : []),
      ...(args.page !== undefined && page !== null ? [{ path: args.page, text: page }] : []),
      ...(args.tasks !== undefined ? [{ path: args.tasks, text: labelStudioTasks(plan, args.tasksRoot) }] : []),
    ];
    // All are checked before one is written.
    for (const { path, text } of await missingFiles(files)) await writeText(path, text);
    if (kept !== null) say(args.quiet, `${args.out}: is this plan, and stays as it is with ${plural(kept, 'label')}.`);
    const { planned, strata } = plan.report;
    if (args.json) return printJson(plan.report);
    const cells = strata.map(({ name, rows, labels }) => [name, rows.toLocaleString('en'), String(labels)]);
    printLines(formatTable(['stratum', '>rows', '>labels'], cells));
    print(`${args.out}: ${plural(planned, 'image')} to label`);
    const labels = args.page === undefined ? args.out : 'labels.csv';
    if (args.page !== undefined) say(args.quiet, `${args.page}: a page to label them, which saves labels.csv`);
    const flags = `--labels ${shellWord(labels)} --label-plan ${shellWord(args.out)} --profile ${shellWord(args.profile)}`;
    say(
      args.quiet,
      `Next: label them, then ${ourCommand(`accuracy ${args.events.map(shellWord).join(' ')} ${flags}`)}`,
    );
  },
});
