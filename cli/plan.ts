import { list, paths, shellWord, text, whole } from '../base/index.js';
import { cacheField } from '../pipeline/options/index.js';
import { plural } from '../report/numbers/index.js';
import { command } from './command.js';
import { askDepth, engineFlags, loadEmbedder } from './given-model.js';
import { noticesFor, ourCommand, print, printJson, say } from './output.js';
import { eventFlags, eventSettings, weightsFlag } from './shared-options.js';

export const plan = command({
  usage: 'plan <source..>',
  describe: 'Images → the plan of a run in shards, for many machines',
  positionals: {
    source: paths()
      .needed()
      .flag(
        'Folder, image files, patterns, tar, zip, csv, jsonl, parquet, npz, npy; also https:// and s3://, as of embed',
      ),
  },
  options: {
    weights: weightsFlag,
    shards: whole(1).needed().flag('Shards to cut the images into: each is computed whole, or again'),
    out: text().needed().flag('The run: a folder which all machines see, or s3://BUCKET/PREFIX'),
    tap: list().computes('Layer to take'),
    ...eventFlags,
    ...cacheField,
    ...engineFlags,
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
    const { notices, notice } = noticesFor(args);
    await askDepth(args.weights, args.source, settings);
    const embedder = await loadEmbedder(args, args.weights, { tap: args.tap?.split(','), onNotice: notice });
    try {
      const { weights, shards, precision, cache } = args;
      const options = { ...settings, weights, shards, precision, cache, onNotice: notice };
      const made = await makePlan(embedder, args.source, args.out, options);
      const { run, plan: path, images, bytes, wholeArchives } = made;
      if (args.json)
        return printJson({ plan: path, run, images, bytes, shards, whole_archives: wholeArchives, notices });
      const count = (value: number) => value.toLocaleString('en');
      // An image of which nobody knows the size counts as one byte; none is as small.
      const size = bytes === images ? 'of unknown size' : `${count(bytes)} bytes`;
      print(`${path}: ${plural(images, 'image')}, ${size} in ${plural(shards, 'shard')}`);
      const tasks = shards === 1 ? 'one task' : `each of ${plural(shards, 'task')}`;
      say(args.quiet, `Next, in ${tasks}: ${ourCommand(`embed --plan ${shellWord(path)} --shard auto`)}`);
    } finally {
      await embedder.close();
    }
  },
});
