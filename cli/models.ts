import { oneOf } from '../base/index.js';
import type { Library } from '../graph/backbones/index.js';
import { type CommonArgs, command } from './command.js';
import { ourCommand, printJson, printLines } from './output.js';
import { formatTable } from './table.js';

export const models = command({
  usage: 'models',
  describe: 'Backbones that can be converted, and the weights that come along',
  options: {
    library: oneOf('torchvision', 'timm', 'transformers', 'open_clip').computes(
      'The names that convert --backbone takes of this library, one a line',
    ),
  },
  examples: [
    ['models', ''],
    ['models --library timm', 'For convert --backbone timm:NAME'],
  ],
  async run({ library, json }) {
    if (library === undefined) await tellAll(json);
    else await tellNames(library, json);
  },
});

async function tellNames(library: Library, json: CommonArgs['json']): Promise<void> {
  const { libraryNames } = await import('../convert/index.js');
  const names = libraryNames(library).map((name) => `${library}:${name}`);
  if (json) printJson({ library, names });
  else printLines(names.join('\n'));
}

async function tellAll(json: CommonArgs['json']): Promise<void> {
  const [{ backboneNames, backbone, buildGraph }, { parameters }, { bundledModels }] = await Promise.all([
    import('../graph/backbones/index.js'),
    import('../graph/index.js'),
    import('../weights/index.js'),
  ]);
  const backbones = backboneNames().map((name) => {
    const sizes = [...parameters(buildGraph({ backbone: name, head: [], classes: 1000 })).entries()]
      .filter(([tensor]) => !tensor.includes('.running_'))
      .map(([, shape]) => shape.reduce((a, b) => a * b, 1));
    return { name, parameters: sizes.reduce((a, b) => a + b, 0), default_tap: backbone(name).defaultTap([]) };
  });
  if (json) {
    const bundled = bundledModels.map(({ name, summary, licence }) => ({ name, summary, licence }));
    return printJson({ backbones, bundled });
  }
  printLines('Backbones, as torchvision names and lays them out (parameters with 1,000 classes):\n');
  printLines(
    formatTable(
      ['backbone', '>parameters', 'default tap'],
      backbones.map((b) => [b.name, `${(b.parameters / 1e6).toFixed(1)} M`, b.default_tap]),
    ),
  );
  printLines(`\nNames of other libraries, for convert --backbone LIBRARY:NAME: ${ourCommand('models --library timm')}`);
  printLines('\nWeights that come with the package, for --weights:\n');
  printLines(
    formatTable(
      ['name', 'what', 'licence'],
      bundledModels.map((m) => [m.name, m.summary, m.licence]),
    ),
  );
}
