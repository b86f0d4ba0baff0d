/**
 * Every flag by a config file and by the environment has the flag's effect, or is wrong usage that names the place. The
 * flags are those of the command table, so a new one is tried here without a change.
 * @fresh: --offline is tried, and a process that is offline stays so
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, commandName, flagsOf } from '../../cli/command.js';
import { COMMANDS } from '../../cli/commands.js';
import type { Flag } from '../../cli/flag.js';
import { program } from '../../cli/program.js';
import { type Settings, settingsFor } from '../../cli/settings.js';
import { UsageError } from '../../cli/usage-error.js';
import { assert, endedWith, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

type Parsed = Record<string, unknown>;
interface Given {
  words?: readonly string[];
  /** A config file that is named. */
  file?: unknown;
  /** A config file in the working directory. */
  found?: unknown;
  env?: Record<string, string>;
}

const folder = temporaryFolder();
const empty = join(folder, 'empty');
const stranger = join(folder, 'stranger');
const config = join(folder, 'my.json');
for (const made of [empty, stranger]) mkdirSync(made);

/** As in a process of its own, with these arguments, files and variables. */
async function given<T>(words: readonly string[], { file, found, env = {} }: Given, run: () => Promise<T>): Promise<T> {
  if (file !== undefined) writeFileSync(config, JSON.stringify(file));
  if (found !== undefined) writeFileSync(join(stranger, 'image-drift.config.json'), JSON.stringify(found));
  process.chdir(found === undefined ? empty : stranger);
  const [before, argv] = [{ ...process.env }, process.argv];
  try {
    Object.assign(process.env, env);
    process.argv = [...argv.slice(0, 2), ...words, '--quiet'];
    return await run();
  } finally {
    process.argv = argv;
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

function wordsOf(command: Command<never>, { words = [], file }: Given): string[] {
  return [...commandName(command.usage).split(' '), ...words, ...(file === undefined ? [] : ['--config', config])];
}

/** What the command is run with. Rejects with what a user would get. */
async function parsed(command: Command<never>, how: Given): Promise<Parsed> {
  const seen: Parsed[] = [];
  const keeps = { ...command, run: async (args: Parsed) => void seen.push(args) } as unknown as Command<never>;
  const words = wordsOf(command, how);
  await given(words, how, () => program(words, [keeps]));
  const { $0: _, config: __, ...rest } = seen[0]!;
  return rest;
}

const FLAGS = new Map(COMMANDS.map((command) => [commandName(command.usage), flagsOf(command)]));

/** A wrong setting is refused before anything is parsed. */
function settled(command: Command<never>, how: Given): Promise<unknown> {
  return given(wordsOf(command, how), how, async () => settingsFor(commandName(command.usage), FLAGS));
}

async function refused(asked: Promise<unknown>, ...says: string[]): Promise<void> {
  const error = await asked.then(
    (passed) => assert.unreachable(`${says}: passed with ${JSON.stringify(passed)}`),
    (reason: unknown) => reason,
  );
  assert.instance(error, UsageError, `${says}: ${error instanceof Error ? error.stack : error}`);
  for (const one of says) {
    assert.ok(`${(error as UsageError).message} ${(error as UsageError).hint}`.includes(one), `${one}: ${error}`);
  }
}

/** Its files, and a word for each flag. A list is said as typed. */
function typedWords(command: Command<never>, values: Record<string, unknown>): string[] {
  const files = [...command.usage.matchAll(/<([\w-]+)/g)].map(([, positional]) => `${positional}.file`);
  return [...files, ...Object.entries(values).map(([name, value]) => `--${name}=${value}`)];
}

const CANDIDATES = { boolean: [true, false], number: [7, 12, 300, 0.5], string: ['sample', '7', '5%', '60s'] };

/** A value that the flag takes and that is not its default. */
function sampleOf(command: Command<never>, name: string, flag: Flag): unknown {
  const tried: readonly unknown[] = flag.choices ?? CANDIDATES[flag.type as keyof typeof CANDIDATES] ?? [];
  const value = tried.find((one) => one !== flag.default && isTaken(flag, one));
  if (value === undefined)
    throw new Error(`${command.usage}: --${name}, ${flag.type}: give it a type that settings have`);
  return value === 'sample' ? `${name}.sample` : value;
}

function isTaken({ coerce }: Flag, value: unknown): boolean {
  try {
    return coerce?.(value) !== null;
  } catch {
    return false;
  }
}

function samplesOf(command: Command<never>): Record<string, unknown> {
  const flags = Object.entries(flagsOf(command));
  return Object.fromEntries(flags.map(([name, flag]) => [name, sampleOf(command, name, flag)]));
}

function only(values: Record<string, unknown>, keep: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => keep(name)));
}

function wrongValues({ type, array, list, choices, orNumber }: Flag): unknown[] {
  const wrong: unknown[] = [null, {}, [], [null], [{ a: 1 }], [['a']]];
  if (type === 'boolean') wrong.push('yes', '1', 1, 0, '', [true]);
  else wrong.push(true, false);
  if (type === 'number') wrong.push('four', '', ' ', [4]);
  if (type === 'string') wrong.push('');
  if (choices) wrong.push('none of these');
  if (!(array || list)) wrong.push(['a', 'b']);
  if (list) wrong.push(['a,b', 'c'], ['a', true]);
  if (type === 'string' && !orNumber) wrong.push(5, ['a', 2]);
  return wrong;
}

const variable = (name: string) => `IMAGE_DRIFT_${name.replaceAll('-', '_').toUpperCase()}`;

for (const command of COMMANDS) {
  const own = commandName(command.usage);
  test(`${own}: each flag by file and by environment has the effect that it has when it is typed`, async () => {
    const flags = flagsOf(command);
    const values = samplesOf(command);
    const words = typedWords(command, {});
    const asTyped = await parsed(command, { words: typedWords(command, values) });
    for (const [name, flag] of Object.entries(flags)) {
      assert.not.equal(asTyped[name], flag.default, `${own} --${name} has no effect`);
    }
    assert.equal(await parsed(command, { words, file: { [own]: values } }), asTyped);
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    assert.equal(await parsed(command, { words, file: { [own]: texts } }), asTyped);
    const isCommand = only(values, (name) => FLAGS.has(name));
    const shared = { ...only(values, (name) => !FLAGS.has(name)), [own]: { ...isCommand } };
    assert.equal(await parsed(command, { words, file: shared }), asTyped);
    const typedOnly = only(values, (name) => flags[name]!.notFromEnvironment === true);
    const env = Object.fromEntries(Object.entries(texts).map(([name, text]) => [variable(name), text]));
    assert.equal(await parsed(command, { words: typedWords(command, typedOnly), env }), asTyped);
    for (const name of Object.keys(typedOnly)) {
      const alone = (await settled(command, { env: { [variable(name)]: texts[name]! } })) as Settings;
      assert.equal(alone.values, {}, `${own} ${variable(name)}`);
    }
  });

  test(`${own}: a file that was found sets what is computed, and nothing else`, async () => {
    const flags = flagsOf(command);
    const values = samplesOf(command);
    const computed = only(values, (name) => flags[name]!.computes === true);
    const others = only(values, (name) => flags[name]!.computes !== true);
    const words = typedWords(command, others);
    const asTyped = await parsed(command, { words: typedWords(command, values) });
    assert.equal(await parsed(command, { words, found: { [own]: computed } }), asTyped);
    for (const [name, value] of Object.entries(others)) {
      await refused(settled(command, { found: { [own]: { [name]: value } } }), `sets ${own}.${name}`, `--${name}`);
      if (FLAGS.has(name)) continue;
      await refused(settled(command, { found: { [name]: value } }), `sets ${name},`, `--${name}`);
    }
  });

  test(`${own}: a wrong type, a wrong value and a typo are named with their place`, async () => {
    for (const [name, flag] of Object.entries(flagsOf(command))) {
      for (const wrong of wrongValues(flag)) {
        await refused(settled(command, { file: { [own]: { [name]: wrong } } }), `${config}: ${own}.${name} `);
      }
      if (flag.type === 'number' && flag.coerce) {
        await refused(settled(command, { file: { [own]: { [name]: -1.5 } } }), `${config}: ${own}.${name}: `);
      }
      if ((flag.type !== 'string' || flag.choices) && !flag.notFromEnvironment) {
        const env = { [variable(name)]: 'neither nor' };
        await refused(settled(command, { env }), `${variable(name)} is "neither nor", it takes`);
      }
      await refused(settled(command, { file: { [own]: { [`${name}x`]: 1 } } }), `${name}x`, 'Did you mean');
      await refused(settled(command, { env: { [variable(`${name}x`)]: 'x' } }), variable(`${name}x`), 'Did you mean');
    }
  });
}

test('a JSON list is the text a,b,c, or the words of a flag that takes several', async () => {
  let lists = 0;
  for (const command of COMMANDS) {
    const own = commandName(command.usage);
    for (const [name, flag] of Object.entries(flagsOf(command))) {
      if (!(flag.list || flag.array)) continue;
      const second = flag.orNumber ? 2 : '2';
      const { values } = (await settled(command, { file: { [own]: { [name]: ['a', second] } } })) as Settings;
      assert.equal(values, { [name]: flag.array ? ['a', '2'] : 'a,2' });
      lists++;
    }
  }
  assert.ok(lists > 20, String(lists));
  const drift = COMMANDS.find(({ usage }) => usage.startsWith('drift'))!;
  const words = ['x.parquet', '--baseline=p.json'];
  const listed = { drift: { methods: ['js', 'mmd'], by: ['camera'], 'baseline-images': ['a/', 'b/'] } };
  const asTyped = [...words, '--methods', 'js,mmd', '--by=camera', '--baseline-images', 'a/', 'b/'];
  assert.equal(await parsed(drift, { words, file: listed }), await parsed(drift, { words: asTyped }));
});

test('a number where text is needed is not a file of that name; where text may be a number, it is taken', async () => {
  const named = (name: string) => COMMANDS.find(({ usage }) => commandName(usage) === name)!;
  const wrong = [
    { command: 'drift', values: { baseline: 5 }, says: 'drift.baseline is the number 5, it takes text' },
    {
      command: 'drift',
      values: { 'baseline-images': ['a/', 5] },
      says: 'drift.baseline-images is the number 5, it takes text',
    },
    { command: 'drift', values: { by: ['camera', 5] }, says: 'drift.by has the number 5 in its list, it takes text' },
    { command: 'embed', values: { weights: 5 }, says: 'embed.weights is the number 5, it takes text' },
    { command: 'convert', values: { classes: 5 }, says: 'convert.classes is the number 5, it takes text or a list' },
  ];
  for (const { command, values, says } of wrong) {
    await refused(settled(named(command), { file: { [command]: values } }), `${config}: ${says}`);
  }
  const file = { convert: { size: 32, crop: 32, mean: [0.5, 0.4, 0.3], std: 0.5, range: [0, 4095] } };
  const { values } = (await settled(named('convert'), { file })) as Settings;
  assert.equal(values, { size: '32', crop: '32', mean: '0.5,0.4,0.3', std: '0.5', range: '0,4095' });
});

test('a config file that was found sets nothing that is read, written, run, sent, deleted or trusted', () => {
  const never = [
    ...['weights', 'baseline', 'image-url', 'mirror', 'project', 'model', 'model-version', 'insecure-http'],
    ...['fetch-images'],
    ...['run', 'template', 'image', 'claim', 'mount', 'to', 'from', 'ids', 'force', 'resend', 'confirm', 'update'],
    ...['wait'],
    ...['max-pixels', 'allow-mixed', 'timestamps', 'until', 'metadata', 'alerts', 'local', 'plan', 'shard', 'only'],
    ...['port'],
  ];
  for (const command of COMMANDS) {
    const { inputs = [], outputs = [] } = command;
    for (const [name, { computes }] of Object.entries(flagsOf(command))) {
      if (command.usage.startsWith('inspect') && name === 'plan') continue;
      if ([...never, ...inputs, ...outputs].includes(name)) assert.not.ok(computes, `${command.usage}: ${name}`);
    }
  }
});

test('what yargs makes something else of is refused: yes for a switch, nothing for a number', async () => {
  const drift = COMMANDS.find(({ usage }) => usage.startsWith('drift'))!;
  const typed = (...words: string[]) => ({ words: ['x.parquet', '--baseline=p.json', ...words] });
  await refused(parsed(drift, typed('--fail-on-drift=yes')), '--fail-on-drift is "yes", it takes true or false');
  await refused(parsed(drift, typed('--failOnDrift=1')), '--failOnDrift is "1"');
  await refused(parsed(drift, typed('--json=maybe')), '--json is "maybe"');
  await refused(parsed(drift, typed('--seed=')), '--seed is "", it takes a number');
  await refused(parsed(drift, typed('--threads', '')), '--threads is "", it takes a number');
  await refused(parsed(drift, typed('--config', 'a.json', '--config=b.json')), '--config is given 2 times');
  assert.is((await parsed(drift, typed('--fail-on-drift=true')))['failOnDrift'], true);
  const lost = { words: ['x.parquet', '--baseline=p.json'], file: {} };
  assert.is((await parsed(drift, lost))['failOnDrift'], false);
});

test('variables: 1 and yes are true, an empty one is unset, and those that programs share are told apart', async () => {
  const drift = COMMANDS.find(({ usage }) => usage.startsWith('drift'))!;
  const words = ['x.parquet', '--baseline=p.json'];
  const gate = async (env: Record<string, string>) => (await parsed(drift, { words, env }))['failOnDrift'];
  for (const yes of ['1', 'yes', 'TRUE']) assert.is(await gate({ IMAGE_DRIFT_FAIL_ON_DRIFT: yes }), true);
  for (const no of ['0', 'No', 'false', '']) assert.is(await gate({ IMAGE_DRIFT_FAIL_ON_DRIFT: no }), false);
  assert.is(await gate({ IMAGE_DRIFT_CORRUPTIONS: 'blur' }), false);
  await refused(
    parsed(drift, { words, env: { IMAGE_DRIFT_NO_UMAP: '1' } }),
    'Did you mean IMAGE_DRIFT_UMAP?',
    'env -u',
  );
  const publish = COMMANDS.find(({ usage }) => usage.startsWith('publish'))!;
  const shared = { IMAGE_DRIFT_BASELINE: 'profile.json', IMAGE_DRIFT_STATISTICS: 'true' };
  const published = await parsed(publish, { words: ['x.parquet'], env: shared });
  assert.is(published['baseline'], undefined);
  assert.is(published['statistics'], false);
});

test('variables of other programs are named once; those of our own specs and checks are known', () => {
  const run = (env: Record<string, string>, ...args: string[]) => runCli(['models', ...args], { cwd: empty, env });
  const links = { IMAGE_DRIFT_PORT_80_TCP_ADDR: '10.0.0.1', IMAGE_DRIFT_SERVICE_HOST: '10.0.0.1' };
  const says =
    'Ignored, since they set no flag of image-drift: IMAGE_DRIFT_PORT_80_TCP_ADDR, IMAGE_DRIFT_SERVICE_HOST.';
  assert.is(run(links).stderr.trim(), says);
  assert.is(run(links, '--json').stderr, '');
  const names = new Set<string>();
  for (const room of ['bench', 'cli', 'engine', 'files', 'pipeline', 'scale', 'scripts', 'spec', '.ci']) {
    for (const name of readdirSync(join(packageRoot, room), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|mjs|sh|py)$|^(run|all)$/.test(name) || /^cli.(settings|usage)\.spec/.test(name)) continue;
      const text = readFileSync(join(packageRoot, room, name), 'utf8');
      for (const [found] of text.matchAll(/\bIMAGE_DRIFT_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g)) names.add(found);
    }
  }
  assert.ok(names.size > 15, [...names].join(' '));
  const env = Object.fromEntries([...names].map((name) => [name, 'x']));
  const { IMAGE_DRIFT_CONFIG: _, IMAGE_DRIFT_JSON: __, ...others } = env;
  assert.is(run(others).stderr, '');
});

test('files that are no config', () => {
  const path = join(folder, 'odd.json');
  const stderr = (text: string | Uint8Array) => {
    writeFileSync(path, text);
    const run = endedWith(2, runCli(['drift', 'x.parquet', '--baseline', 'p.json', '--config', path], { cwd: empty }));
    return run.stderr;
  };
  assert.match(stderr(''), path);
  assert.match(stderr('null'), 'not a JSON object');
  assert.match(stderr('{"drift": {"fail-on-drift": true}, "drift": {"alpha": 0.01}}'), 'drift is there twice');
  assert.match(stderr('{"drift": {"alpha": 0.01, "al\\u0070ha": 0.2}}'), 'alpha is there twice');
  assert.match(
    stderr(`{"threads": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    'threads is a list of 1, it takes a number',
  );
  assert.match(stderr(`{"alpha": "${'a'.repeat(900_000)}"}`), 'it takes a number');
  assert.match(stderr(`{"alpha": "${'a'.repeat(10_000_000)}"}`), 'a config file');
  assert.match(stderr('{"drift": {"__proto__": {"fail-on-drift": true}}}'), '__proto__');
  assert.match(stderr('{"drift": {"no-umap": true}}'), 'Did you mean "umap": false?');
  assert.match(stderr('{"alpha": 1e999}'), 'alpha is Infinity, it takes a number');
  assert.match(runCli(['models', '--config', folder], { cwd: empty }).stderr, folder);
  assert.is(runCli(['models', '--config', '/dev/zero'], { cwd: empty }).status, 2);
});
