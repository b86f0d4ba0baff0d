import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandName, grouped } from '../../cli/command.js';
import { COMMANDS } from '../../cli/commands.js';
import { LIBRARIES } from '../../graph/backbones/index.js';
import { assert, cases, endedWith, readFixture, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';

test('help lists every command, and each has its own with examples', () => {
  const { stdout } = endedWith(0, runCli(['--help']));
  for (const name of grouped(COMMANDS).keys()) assert.match(stdout, `image-drift ${name}`);
  for (const command of cases(COMMANDS, 3)) {
    const name = commandName(command.usage);
    const help = endedWith(0, runCli([...name.split(' '), '--help']));
    assert.match(help.stdout, 'Examples:');
    for (const flag of Object.keys(command.options)) assert.match(help.stdout, `--${flag}`);
  }
});

test('no command shows the help', () => {
  assert.match(runCli([]).stdout, 'image-drift embed');
});

test('beside a command, --version is wrong usage that names the flag for a model', () => {
  const forms = [
    ['publish', '--version', 'v1'],
    ['onboard', '--version=v1'],
    ['embed', '-V'],
  ];
  for (const [command = '', ...form] of forms) {
    const run = runCli([command, 'events.parquet', ...form]);
    assert.is(run.status, 2, `${command} ${form.join(' ')}: ${run.stdout}`);
    assert.is(run.stdout, '');
    assert.match(run.stderr, '--model-version');
  }
});

test('the version is that of the package', () => {
  assert.match(runCli(['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a mistyped command or flag gets a suggestion, and exit code 2', () => {
  endedWith(2, runCli(['embbed', 'x.npz']), 'Did you mean embed?');
  const flag = runCli(['embed', 'x.npz', '--weigths', 'w', '--weights', 'w', '--out', 'o.parquet']);
  endedWith(2, flag, 'Did you mean --weights?');
});

const mistakes = readFixture<{ usage: [args: string, says: string][] }>('cli', 'mistakes.json');

test('what is missing or out of range is said, with exit code 2', () => {
  for (const [args, says] of mistakes.usage) runCliTo(2, args, says);
});

test('errors go to stderr: as text with code and hint, as one line of JSON with --json', () => {
  const text = endedWith(4, runCli(['inspect', 'not-there.npz']));
  assert.is(text.stdout, '');
  assert.match(text.stderr, 'error FILE_NOT_FOUND: not-there.npz');
  assert.not.match(text.stderr, ' at ');
  const json = runCli(['inspect', 'not-there.npz', '--json']);
  const { error } = JSON.parse(json.stderr);
  assert.is(error.code, 'FILE_NOT_FOUND');
  assert.type(error.message, 'string');
  assert.is(error.hint, null);
  assert.is(json.stdout, '');
  assert.match(runCli(['inspect', 'not-there.npz', '--verbose']).stderr, 'caused by');
});

test('a flag wins over the environment, that over the config file, that over the default', () => {
  const folder = temporaryFolder();
  const events = join(folder, 'events.csv');
  writeFileSync(events, 'embeddings\n"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n');
  writeFileSync(join(folder, 'image-drift.config.json'), '{"clusters": 2, "baseline": {"out": "from-file.json"}}');
  const clusters = (args: string[], env: Record<string, string> = {}) => {
    const config = join(folder, 'image-drift.config.json');
    const run = endedWith(0, runCli(['baseline', events, '--json', '--config', config, ...args], { cwd: folder, env }));
    return JSON.parse(run.stdout);
  };
  assert.equal(clusters([]).clusters, 2);
  assert.equal(clusters([]).out, 'from-file.json');
  assert.equal(clusters([], { IMAGE_DRIFT_CLUSTERS: '3' }).clusters, 3);
  assert.equal(clusters(['--clusters', '4'], { IMAGE_DRIFT_CLUSTERS: '3' }).clusters, 4);
  assert.ok(readdirSync(folder).includes('from-file.json'));
  assert.equal(clusters([], { IMAGE_DRIFT_THREADS: '8', IMAGE_DRIFT_UNRELATED: 'x' }).clusters, 2);
});

test('a value that is no number is told with what it was given by', () => {
  const folder = temporaryFolder();
  const config = join(folder, 'c.json');
  writeFileSync(config, '{"baseline": {"clusters": "many"}}');
  const told = (args: string[], env: Record<string, string> = {}) => {
    const { stderr } = endedWith(2, runCli(['baseline', 'x.csv', '--out', 'p.json', ...args], { cwd: folder, env }));
    return stderr;
  };
  assert.match(told(['--config', config]), `${config}: baseline.clusters is "many", it takes a number`);
  assert.match(told([], { IMAGE_DRIFT_CLUSTERS: 'few' }), 'IMAGE_DRIFT_CLUSTERS is "few", it takes a number');
  assert.match(told(['--clusters=some']), '--clusters is "some"');
});

test('a config file that is wrong is named', () => {
  const folder = temporaryFolder();
  const config = join(folder, 'c.json');
  const run = (text: string) => {
    writeFileSync(config, text);
    return runCli(['models', '--config', config]);
  };
  assert.match(run('{').stderr, 'c.json');
  assert.match(run('[]').stderr, 'not a JSON object');
  assert.match(run('{"models": {"jsn": true}}').stderr, 'Did you mean json?');
  assert.is(run('{"models": 1}').status, 2);
  assert.match(runCli(['models', '--config', join(folder, 'missing.json')]).stderr, 'missing.json');
});

test('models and their taps are listed, for people and for programs', () => {
  const text = runCli(['models']).stdout;
  for (const name of ['resnet18', 'vgg16_bn', 'mobilenet_v2', 'fashion-mnist-resnet18']) assert.match(text, name);
  const { backbones, bundled } = JSON.parse(runCli(['models', '--json']).stdout);
  const resnet = backbones.find((b: { name: string }) => b.name === 'resnet18');
  assert.equal(resnet, { name: 'resnet18', parameters: 11_689_512, default_tap: 'avgpool' });
  assert.is(bundled[0].name, 'fashion-mnist-resnet18');
});

test('the names of each library are listed, one a line, as --backbone takes them', () => {
  const { library, names } = JSON.parse(runCli(['models', '--library', 'timm', '--json']).stdout);
  assert.is(library, 'timm');
  assert.equal(runCli(['models', '--library', 'timm']).stdout.trimEnd().split('\n'), names);
  for (const name of ['timm:resnet18', 'timm:vit_base_patch14_dinov2']) assert.ok(names.includes(name), name);
  for (const [of, name] of [
    ['torchvision', 'torchvision:vgg16_bn'],
    ['transformers', 'transformers:dinov2'],
    ['open_clip', 'open_clip:ViT-B-32-quickgelu'],
  ] as const) {
    assert.match(runCli(['models', '--library', of]).stdout, `${name}\n`);
  }
  const { choices } = COMMANDS.find(({ usage }) => usage === 'models')!.options['library']!;
  assert.equal(choices, LIBRARIES);
});
