import { text } from '../base/index.js';
import { embedFields } from '../pipeline/options/index.js';
import type { Gathered } from '../pipeline/scale/index.js';
import { plural } from '../report/numbers/index.js';
import { type CommonArgs, command } from './command.js';
import { compute } from './computing.js';
import { valuesOf } from './flag.js';
import { Progress } from './heartbeat.js';
import { accuracyLine, print, printJson, say } from './output.js';
import { productAt, sayReplaced, writeProfileText } from './outputs.js';

/** As of `baseline`. */
const [CLUSTERS, SEED] = [5, 0];

export const gather = command({
  usage: 'gather <run>',
  describe: 'A run in shards, all done → checked, and put together',
  positionals: { run: text().needed().flag('The run that plan made: its folder, or s3://BUCKET/PREFIX') },
  options: {
    out: text().flag('File for all events: .parquet, .jsonl, .csv or .npz').shows('none: RUN is read as it is'),
    profile: text().flag('File for the profile of all events, as baseline RUN makes it without further flags'),
    maxRejected: embedFields.maxRejected,
  },
  inputs: ['run'],
  outputs: ['out', 'profile'],
  files: ['out', 'profile'],
  examples: [
    ['gather run --out events.parquet', 'The file that embed would have made of all images'],
    ['gather run --profile profile.json', 'The profile alone; the parts stay as they are'],
  ],
  async run(args) {
    const { gatherRun } = await import('../pipeline/scale/index.js');
    const there = args.out === undefined ? null : await productAt(args.out, 'events');
    const progress = new Progress(args.quiet);
    const gathered = await gatherRun(args.run, {
      out: args.out,
      ...valuesOf({ maxRejected: embedFields.maxRejected }, args),
      onProgress: (done, total) => progress.update('checking', done, total, 'shards'),
    }).finally(() => progress.end());
    const { out = null, profile = null } = args;
    if (args.out !== undefined) sayReplaced((text) => say(args.quiet, text), args.out, there);
    // Before the profile: where that cannot be made, this much is known.
    if (!args.json) tell(args, gathered);
    if (profile !== null) {
      const options = { clusters: CLUSTERS, seed: SEED, columns: {}, group: undefined, by: undefined };
      const made = await compute('baseline', args.run, options);
      await writeProfileText(profile, made.text, { isNamed: true, quiet: args.quiet || args.json });
      say(args.quiet || args.json, `${profile} is written.`);
    }
    if (args.json) {
      const { rows, shards, rejected, run, labelled, correct } = gathered;
      const [right, accuracy] = labelled > 0 ? [correct, correct / labelled] : [null, null];
      printJson({ rows, shards, rejected, run, out, profile, correct: right, accuracy });
    }
  },
});

type Args = CommonArgs & { run: string; out?: string | undefined };

function tell({ run, out, quiet }: Args, { rows, shards, rejected, labelled, correct }: Gathered): void {
  if (labelled > 0) print(accuracyLine(correct, labelled));
  print(`${run}: ${plural(rows, 'event')} of ${plural(shards, 'shard')}, all whole`);
  if (rejected > 0) say(quiet, `Images rejected: ${rejected.toLocaleString('en')}.`);
  if (out !== undefined) say(quiet, `${out} is written.`);
}
