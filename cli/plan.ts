import { plural } from '../report/numbers/index.js';
import { type Command, wholeNumber } from './command.js';
import { type EventArgs, eventOptions, eventSettings } from './event-options.js';
import { type EngineArgs, engineOptions, loadEmbedder } from './load-embedder.js';
import { print, printJson, say } from './output.js';
import { cacheOption, type ImageSetArgs, imageSetOptions, weightsOption } from './shared-options.js';

interface Args extends EngineArgs, EventArgs, Pick<ImageSetArgs, 'images' | 'layout' | 'pixels'> {
  source: string[];
  weights: string;
  shards: number;
  out: string;
  tap?: string;
  cache?: string;
}

export const plan: Command<Args> = {
  usage: 'plan <source..>',
  describe: 'Images → the plan of a run in shards, for many machines',
  positionals: {
    source: {
      type: 'string',
      array: true,
      describe:
        'Folder, image files, patterns, tar, zip, csv, jsonl, parquet, npz, npy; also https:// and s3://, as of embed',
    },
  },
  options: {
    weights: weightsOption,
    shards: {
      type: 'number',
      demandOption: true,
      requiresArg: true,
      coerce: wholeNumber('shards', 1),
      describe: 'Shards to cut the images into: each is computed whole, or again',
    },
    out: {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'The run: a folder which all machines see, or s3://BUCKET/PREFIX',
    },
    tap: { list: true, computes: true, type: 'string', requiresArg: true, describe: 'Layer to take' },
    ...imageSetOptions,
    ...eventOptions,
    ...cacheOption,
    ...engineOptions,
  },
  inputs: ['source', 'weights'],
  outputs: ['out', 'cache'],
  examples: [
    ['plan photos/ --weights weights/cifar --shards 100 --out run', 'RUN/plan.json; then, 100 times:'],
    ['embed --plan run/plan.json --shard auto', 'in each task of an array'],
    ['gather run --out events.parquet', 'when all shards are done'],
  ],
  async run(args) {
    const settings = await eventSettings(args);
    const { makePlan } = await import('../pipeline/scale/index.js');
    const notices: string[] = [];
    const notice = (text: string) => void (args.json ? notices.push(text) : say(args.quiet, text));
    const embedder = await loadEmbedder(args, args.weights, { tap: args.tap?.split(','), onNotice: notice });
    try {
      const { weights, shards, precision, cache, images: array, layout, pixels } = args;
      const set = { ...settings, images: array, layout, pixels };
      const options = { ...set, weights, shards, precision, cache, onNotice: notice };
      const made = await makePlan(embedder, args.source, args.out, options);
      const { run, plan: path, images, bytes, wholeArchives } = made;
      if (args.json)
        return printJson({ plan: path, run, images, bytes, shards, whole_archives: wholeArchives, notices });
      const count = (value: number) => value.toLocaleString('en');
      // An image of which nobody knows the size counts as one byte; none is as small.
      const size = bytes === images ? 'of unknown size' : `${count(bytes)} bytes`;
      print(`${path}: ${plural(images, 'image')}, ${size} in ${plural(shards, 'shard')}`);
      const tasks = shards === 1 ? 'one task' : `each of ${plural(shards, 'task')}`;
      say(args.quiet, `Next, in ${tasks}: image-drift embed --plan ${path} --shard auto`);
    } finally {
      await embedder.close();
    }
  },
};
