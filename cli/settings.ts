/**
 * Values for flags that were not typed, from the environment and a config file: they act as the flag, or are refused.
 * A config file that `--config` names may set every flag; one found in the working directory only `Flag.computes` ones.
 */
import { resolve } from 'node:path';
import { nearest, shown, shownValue } from '../base/index.js';
import { readSmallTextNow, repeatedName } from '../files/index.js';
import { type Flags, settingOf } from './flag.js';
import { UsageError } from './usage-error.js';

const DEFAULT_FILE = 'image-drift.config.json';
const PREFIX = 'IMAGE_DRIFT_';
/** A hundred flags of ten thousand characters. */
const MAX_BYTES = 2 ** 20;
/** Variables with the prefix that are no flags: of the program, and of its specs, checks and benchmarks. */
const OTHER_VARIABLES: readonly string[] = [
  ...['CONFIG', 'PACKAGES', 'NOTIFY_TOKEN'],
  ...['ACROSS', 'CHECKS', 'FUZZ', 'FUZZ_BACKEND', 'GOLDENS', 'LONG', 'PROBE', 'PYTHON', 'REQUIRE', 'SHARED'],
  ...['TELL_MEMORY', 'VENV', 'NODE_20', 'NODE_22', 'NODE_24', 'NODE_26'],
];

type Values = Record<string, unknown>;

export type CommandFlags = ReadonlyMap<string, Flags>;

export interface Settings {
  values: Values;
  /** Path of the config file; null where there is none. */
  configFile: string | null;
  /** Variables with our prefix that are like no flag. */
  ignored: string[];
}

/**
 * Settings of one command. The config file is a JSON object of flag names, for all commands that know them, and of
 * objects under a command's name, for it alone: `{"threads": 4, "drift": {"base": 2}}`. @throws UsageError
 */
export function settingsFor(command: string, flags: CommandFlags): Settings {
  const file = readConfigFile();
  const own = file === null ? {} : valuesFor(command, flags, file);
  return {
    values: { ...own, ...fromEnvironment(flags.get(command) ?? {}) },
    configFile: file && resolve(file.path),
    ignored: unknownVariables(flags),
  };
}

function fromEnvironment(flags: Flags): Values {
  const settings: Values = {};
  for (const [name, flag] of Object.entries(flags)) {
    const text = flag.notFromEnvironment ? undefined : process.env[variable(name)];
    if (text === undefined || text === '') continue;
    const given = flag.type === 'boolean' ? trueOrFalse(text) : text;
    settings[name] = settingOf(variable(name), flag, given);
  }
  return settings;
}

function variable(flag: string): string {
  return PREFIX + flag.replaceAll('-', '_').toUpperCase();
}

/** A variable has no other way to be set than text, and `1` and `yes` are usual there. */
function trueOrFalse(text: string): unknown {
  if (/^(1|true|yes)$/i.test(text)) return true;
  return /^(0|false|no)$/i.test(text) ? false : text;
}

/** Other programs' variables may begin like ours; one nearly a flag's is a slip. @returns those like no flag */
function unknownVariables(flags: CommandFlags): string[] {
  const names = namesOf(flags);
  const known = new Set([...names.map(variable), ...OTHER_VARIABLES.map((name) => PREFIX + name)]);
  const unknown = Object.keys(process.env).filter((name) => name.startsWith(PREFIX) && !known.has(name));
  for (const name of unknown) {
    const typed = name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
    const meant = negated(typed, flags) ?? nearest(typed, [...names, 'config', 'packages']);
    if (meant === null) continue;
    throw new UsageError(
      `${shown(name)} sets no flag`,
      `Did you mean ${variable(meant)}? If it belongs to another program: env -u ${name} image-drift …`,
    );
  }
  return unknown;
}

/** `umap` for `no-umap`. */
function negated(name: string, flags: CommandFlags): string | null {
  const [, positive = ''] = /^no-(.+)/.exec(name) ?? [];
  return [...flags.values()].some((known) => Object.hasOwn(known, positive)) ? positive : null;
}

function namesOf(flags: CommandFlags): string[] {
  return [...new Set([...flags.values()].flatMap(Object.keys))];
}

interface ConfigFile {
  path: string;
  /** Whether it was found in the working directory, not named. */
  found: boolean;
  values: Values;
}

function valuesFor(command: string, flags: CommandFlags, file: ConfigFile): Values {
  checkNames(file.path, flags, file.values);
  const known = flags.get(command) ?? {};
  const shared = Object.entries(file.values).filter(([name]) => Object.hasOwn(known, name) && !flags.has(name));
  const own = Object.entries(Object.hasOwn(file.values, command) ? (file.values[command] as Values) : {});
  const read = (place: string, entries: [string, unknown][]) =>
    entries.map(([name, given]) => [name, valueIn(file, place + name, known, name, given)] as const);
  return Object.fromEntries([...read('', shared), ...read(`${command}.`, own)]);
}

function valueIn({ path, found }: ConfigFile, place: string, flags: Flags, name: string, given: unknown): unknown {
  const flag = flags[name] ?? {};
  if (found && !flag.computes) {
    throw new UsageError(
      `${resolve(path)}: sets ${place}, which only a config file that --config names may set`,
      `If it is yours: --config ${DEFAULT_FILE}; or give --${name} itself.`,
    );
  }
  return settingOf(`${path}: ${place}`, flag, given);
}

/** Every name in the file, not only those for this command: a typo is found at the first run. */
function checkNames(path: string, flags: CommandFlags, values: Values): void {
  const everywhere = namesOf(flags);
  for (const [name, value] of Object.entries(values)) {
    const known = flags.get(name);
    if (known === undefined) {
      if (!everywhere.includes(name))
        throw unknown(`${path}: no flag or command is named`, name, [...everywhere, ...flags.keys()]);
      continue;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UsageError(`${path}: ${name} is ${shownValue(value)}, it takes an object of flags`);
    }
    const wrong = Object.keys(value).find((flag) => !Object.hasOwn(known, flag));
    if (wrong !== undefined) throw unknown(`${path}: ${name} has no flag`, wrong, Object.keys(known));
  }
}

function unknown(what: string, name: string, known: readonly string[]): UsageError {
  const positive = name.startsWith('no-') ? name.slice('no-'.length) : '';
  const meant = known.includes(positive) ? `"${positive}": false` : nearest(name, known);
  return new UsageError(`${what} ${shown(name)}`, meant === null ? undefined : `Did you mean ${meant}?`);
}

function readConfigFile(): ConfigFile | null {
  const asked = askedConfigFile();
  const path = asked ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readSmallTextNow(path, MAX_BYTES, 'a config file');
  } catch (error) {
    if (asked === null && (error as { code?: unknown }).code === 'FILE_NOT_FOUND') return null;
    throw new UsageError(`${path}: the config file cannot be read: ${(error as Error).message}`);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw new SyntaxError('not a JSON object');
    const twice = repeatedName(text);
    if (twice !== null) throw new SyntaxError(`${shown(twice)} is there twice`);
    return { path, found: asked === null, values: values as Values };
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`, 'A config file is a JSON object of flag names.');
  }
}

function askedConfigFile(): string | null {
  const words = process.argv.filter((word) => word === '--config' || word.startsWith('--config='));
  if (words.length > 1) throw new UsageError(`--config is given ${words.length} times, it takes one value`);
  const [word] = words;
  if (word === undefined) return process.env[`${PREFIX}CONFIG`] || null;
  return (
    (word.includes('=') ? word.slice(word.indexOf('=') + 1) : process.argv[process.argv.indexOf(word) + 1]) ?? null
  );
}
