import { oneOf, paths, text } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { Verification } from '../fiddler/publish/index.js';
import { verifyFields } from '../fiddler/publish/options/index.js';
import { type CommonArgs, command, Found } from './command.js';
import { modelFlags, withModelOf } from './fiddler-options.js';
import { valuesOf } from './flag.js';
import { printJson, printLines, say } from './output.js';
import { columnChoice, computing } from './shared-options.js';
import { UsageError } from './usage-error.js';

const options = {
  ...modelFlags,
  baseline: verifyFields.baseline,
  baselineEvents: verifyFields.baselineEvents,
  ...computing(columnFields),
  journal: text().flag('Journal of the publish: which files, and the times that they were spread over'),
  window: oneOf('1d', '1w').default('1d').computes('Compare by day or by week (UTC)'),
  tolerance: verifyFields.tolerance,
  feature: verifyFields.feature,
};
export const verify = command({
  usage: 'verify [events..]',
  describe: "The server's own drift numbers beside ours; exits with 3 where they differ",
  positionals: { events: paths().default([]).flag('The production events that were published') },
  options,
  inputs: ['events', 'baseline-events', 'journal'],
  examples: [
    [
      'verify events.parquet --project images --model resnet18 --baseline reference --baseline-events reference.parquet',
      '',
    ],
    [
      'verify --journal FILE --project images --model resnet18 --baseline reference --baseline-events reference.parquet',
      'As published',
    ],
  ],
  async run(args) {
    const { readJournalHeader, verify: verifyEvents } = await import('../fiddler/publish/index.js');
    if (!(args.tolerance >= 0)) throw new UsageError(`--tolerance ${args.tolerance}: a number from 0 on is needed`);
    const journal = args.journal === undefined ? null : await readJournalHeader(args.journal);
    const published = args.events.length > 0 ? args.events : (journal?.files.map(({ path }) => path) ?? []);
    if (published.length === 0)
      throw new UsageError('no events: name the files that were published, or their --journal');
    const verification = await withModelOf(args, args.journal, async (client, model) => {
      const bin = args.window === '1w' ? 'Week' : 'Day';
      const timestamps = journal?.timestamps;
      const events = { published, timestamps, columns: columnChoice(args) };
      return verifyEvents(client, { ...valuesOf(verifyFields, args), ...events, model, bin });
    });
    if (args.json) printJson(json(verification));
    else await tell(verification, args);
    const differing = verification.bins.filter(({ agrees }) => !agrees).map(({ name }) => name);
    if (differing.length > 0) throw new Found(`the server has other numbers for ${differing.join(', ')}`);
  },
});

/** What is not a number, where the server has no value, is null. */
function json({ model, baseline, feature, bin, tolerance, offered, bins, untimed, agrees }: Verification) {
  const windows = bins.map(({ name, rows, ours, server, difference, agrees: same }) => {
    const { jsd, psi, baseline: reference, production } = ours;
    const side = { jsd, psi, histogram: { baseline: reference, production } };
    return {
      name,
      rows,
      ours: side,
      server: { ...server.numbers, histogram: server.histogram },
      difference,
      agrees: same,
    };
  });
  return { model, baseline, feature, bin, tolerance, offered, agrees, untimed, windows };
}

async function tell(verification: Verification, { quiet }: CommonArgs): Promise<void> {
  const { verificationTable } = await import('./verification-table.js');
  printLines(verificationTable(verification));
  if (verification.untimed > 0) {
    say(quiet, `${verification.untimed.toLocaleString('en')} rows have no timestamp, and are in no window.`);
  }
}
