import type { MaxRejected } from '../pipeline/embed/index.js';
import type { Gathered } from '../pipeline/scale/index.js';
import { plural } from '../report/numbers/index.js';
import { accuracyLine } from './accuracy-line.js';
import type { Command, CommonArgs } from './command.js';
import { compute } from './computing.js';
import { print, printJson, say } from './output.js';
import { writeText } from './outputs.js';
import { Progress } from './progress.js';
import { maxRejectedOption } from './shared-options.js';

interface Args {
  run: string;
  out?: string;
  profile?: string;
  maxRejected: MaxRejected;
}

/** As of `baseline`. */
const [CLUSTERS, SEED] = [5, 0];

export const gather: Command<Args> = {
  usage: 'gather <run>',
  describe: 'A run in shards, all done → checked, and put together',
  positionals: { run: { type: 'string', describe: 'The run that plan made: its folder, or s3://BUCKET/PREFIX' } },
  options: {
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'File for all events: .parquet, .jsonl, .csv or .npz',
      defaultDescription: 'none: RUN is read as it is',
    },
    profile: {
      type: 'string',
      requiresArg: true,
      describe: 'File for the profile of all events, as baseline RUN makes it without further flags',
    },
    ...maxRejectedOption,
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
    let progress: Progress | null = null;
    const gathered = await gatherRun(args.run, {
      out: args.out,
      maxRejected: args.maxRejected,
      onProgress: (done, total) => {
        progress ??= new Progress('checking', total, 'shards', args.quiet);
        progress.update(done);
      },
    }).finally(() => (progress as Progress | null)?.end());
    const { out = null, profile = null } = args;
    // Before the profile: where that cannot be made, this much is known.
    if (!args.json) tell(args, gathered);
    if (profile !== null) {
      const options = { clusters: CLUSTERS, seed: SEED, columns: {}, group: undefined, by: undefined };
      await writeText(profile, (await compute('baseline', args.run, options)).text);
      say(args.quiet || args.json, `${profile} is written.`);
    }
    if (args.json) {
      const { rows, shards, rejected, run, labelled, correct } = gathered;
      const [right, accuracy] = labelled > 0 ? [correct, correct / labelled] : [null, null];
      printJson({ rows, shards, rejected, run, out, profile, correct: right, accuracy });
    }
  },
};

function tell({ run, out, quiet }: Args & CommonArgs, { rows, shards, rejected, labelled, correct }: Gathered): void {
  if (labelled > 0) print(accuracyLine(correct, labelled));
  print(`${run}: ${plural(rows, 'event')} of ${plural(shards, 'shard')}, all whole`);
  if (rejected > 0) say(quiet, `Images rejected: ${rejected.toLocaleString('en')}.`);
  if (out !== undefined) say(quiet, `${out} is written.`);
}
