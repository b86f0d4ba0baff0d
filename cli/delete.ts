import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text, toggle } from '../base/index.js';
import type { Deleted, DeleteWhat } from '../fiddler/publish/index.js';
import { type CommonArgs, command } from './command.js';
import { modelFlags, withModelOf } from './fiddler-options.js';
import type { ArgsOf } from './flag.js';
import { print, printJson, say } from './output.js';
import { timeOf } from './shared-options.js';
import { UsageError } from './usage-error.js';

const options = {
  ...modelFlags,
  journal: text().flag('Every event of the publish that wrote this journal'),
  ids: text().flag('File of event ids, one a line'),
  from: text().orNumber().flag('Events from this time on, ISO 8601 (UTC) or ms since 1970'),
  to: text().orNumber().flag('Events before this time'),
  dryRun: toggle().default(false).flag('Tell how many events would be deleted'),
};
type Args = ArgsOf<typeof options>;

export const deletion = command({
  usage: 'delete',
  describe: 'Delete published events from Fiddler: those of a journal, by ids, or by time',
  options,
  inputs: ['journal', 'ids'],
  examples: [
    ['delete --journal monday.parquet.publish-production.jsonl --dry-run', 'How many are there?'],
    ['delete --project images --model resnet18 --from 2026-11-01 --to 2026-11-02', 'A day'],
  ],
  async run(args) {
    const what = await selected(args);
    const { deleteEvents } = await import('../fiddler/publish/index.js');
    const deleted = await withModelOf(args, args.journal, async (client, model) => {
      const onWait = (waits: string) => say(args.quiet, `waiting for ${waits}`);
      const journalFolders = ['.', ...(args.ids === undefined ? [] : [dirname(args.ids)])];
      return deleteEvents(client, what, { model, dryRun: args.dryRun, onWait, journalFolders });
    });
    if (args.json) printJson(deleted);
    else tell(deleted, args);
  },
});

async function selected({ journal, ids, from, to }: Args): Promise<DeleteWhat> {
  const isTime = from !== undefined || to !== undefined;
  const ways = [journal !== undefined, ids !== undefined, isTime].filter(Boolean).length;
  if (ways !== 1)
    throw new UsageError('one of --journal, --ids, or --from with --to is needed: which events to delete');
  if (journal !== undefined) return { journal };
  if (ids !== undefined) return { ids: await idsIn(ids) };
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together');
  const times = { from: await timeOf('from', from), to: await timeOf('to', to) };
  if (times.to <= times.from) throw new UsageError('--to must be later than --from');
  return { times };
}

async function idsIn(path: string): Promise<string[]> {
  const { toFileError } = await import('../files/index.js');
  const text = await readFile(path, 'utf8').catch(toFileError(path));
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function tell(done: Deleted, { model, journal: given, quiet }: Args & CommonArgs): void {
  const { asked, found, deleted, confirmed, jobs, journal, reopened } = done;
  const number = (value: number) => value.toLocaleString('en');
  const of = asked === null ? 'events' : `of ${number(asked)} events`;
  const there = found === null ? 'the server does not tell how many are there' : `${number(found)} ${of} are there`;
  const where = model === undefined ? '' : `${model}: `;
  if (!deleted) {
    print(`${where}${there}; nothing was deleted`);
    return;
  }
  const gone = confirmed ? 'the server has none of them any more' : 'whether they are gone, the server does not tell';
  print(`${where}${there}; the deletion has ended (job ${jobs.join(', ')}), and ${gone}`);
  if (journal !== null) say(quiet, `The journal is now ${journal}: publishing the same files begins anew.`);
  else if (given !== undefined)
    say(quiet, `The journal stays: none of its events was there. Publishing asks for them.`);
  if (reopened.length > 0) say(quiet, `Publishing asks the server again with ${reopened.join(', ')}.`);
}
