import { text } from '../../base/index.js';
import { columnFields } from '../../data/options/index.js';
import { command } from '../command.js';
import { compute } from '../computing.js';
import { printJson, say } from '../output.js';
import { writeText } from '../outputs.js';
import { columnChoice, computing } from '../shared-options.js';
import { stateFlag } from './shared.js';

export const monitorReport = command({
  usage: 'monitor report <state>',
  describe: 'One HTML file: the timeline, the alarms and their images',
  positionals: { state: stateFlag },
  options: {
    out: text().needed().flag('HTML file to make; it needs no network'),
    images: text()
      .flag('Where the images are, if not where they were embedded from: a folder, .npz or .npy')
      .typedOnly(),
    ...computing(columnFields),
  },
  inputs: ['state', 'images'],
  outputs: ['out'],
  files: ['out'],
  examples: [
    ['monitor report state --out page.html', ''],
    ['monitor report state --out page.html --images archive/', 'The images have moved'],
  ],
  async run(args) {
    await writeText(args.out, await compute('monitorPage', args.state, args.images, columnChoice(args)));
    if (args.json) printJson({ out: args.out });
    else say(args.quiet, `Report: ${args.out}`);
  },
});
