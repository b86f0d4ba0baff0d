import type { MaxRejected } from '../pipeline/embed/index.js';
import { accuracyLine } from './accuracy-line.js';
import type { Command } from './command.js';
import { compute } from './computing.js';
import { Progress, print, printJson, say } from './output.js';
import { writeText } from './outputs.js';
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
      describe: 'File for the profile of all events, as baseline makes it',
    },
    ...maxRejectedOption,
  },
  inputs: ['run'],
  outputs: ['out', 'profile'],
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
    const { rows, shards, rejected, run, labelled, correct } = gathered;
    if (args.profile !== undefined) {
      const options = { clusters: CLUSTERS, seed: SEED, columns: {}, group: undefined, by: undefined };
      await writeText(args.profile, (await compute('baseline', args.run, options)).text);
    }
    const { out = null, profile = null } = args;
    if (args.json) {
      const accuracy = labelled > 0 ? correct / labelled : null;
      return printJson({ rows, shards, rejected, run, out, profile, correct: labelled > 0 ? correct : null, accuracy });
    }
    if (labelled > 0) print(accuracyLine(correct, labelled));
    print(`${args.run}: ${rows.toLocaleString('en')} events of ${shards.toLocaleString('en')} shards, all whole`);
    if (rejected > 0) say(args.quiet, `Images rejected: ${rejected.toLocaleString('en')}.`);
    for (const made of [out, profile]) if (made !== null) say(args.quiet, `${made} is written.`);
  },
};
