/** Values for flags that were not typed: from the environment and from the config file. */
import { readFileSync } from 'node:fs';
import type { Options } from 'yargs';
import { nearest } from '../errors/index.js';
import { UsageError } from './usage-error.js';

const DEFAULT_FILE = 'image-drift.config.json';
const PREFIX = 'IMAGE_DRIFT_';

type Settings = Record<string, unknown>;

/**
 * Settings of one command. The config file is a JSON object of flag names, for all commands that know them, and of
 * objects under a command's name, for that command alone: `{"threads": 4, "drift": {"base": "2"}}`.
 */
export function settingsFor(command: string, options: Record<string, Options>): Settings {
  return { ...fromFile(command, options), ...fromEnvironment(options) };
}

function fromEnvironment(options: Record<string, Options>): Settings {
  const settings: Settings = {};
  for (const [name, option] of Object.entries(options)) {
    const value = process.env[PREFIX + name.replaceAll('-', '_').toUpperCase()];
    if (value !== undefined && value !== '') settings[name] = typed(name, value, option);
  }
  return settings;
}

/** Text of an environment variable as the flag's own type; yargs does this only for what was typed. */
function typed(name: string, value: string, option: Options): unknown {
  if (option.type === 'number') return Number(value);
  if (option.type === 'array') return value.split(',');
  if (option.type !== 'boolean') return value;
  if (/^(1|true|yes)$/i.test(value)) return true;
  if (/^(0|false|no)$/i.test(value)) return false;
  throw new UsageError(`${PREFIX}${name.toUpperCase()} is ${value}, it takes true or false`);
}

function fromFile(command: string, options: Record<string, Options>): Settings {
  const file = readConfigFile();
  if (file === null) return {};
  const own = file.values[command];
  const shared = Object.fromEntries(Object.entries(file.values).filter(([name]) => name in options));
  if (own === undefined) return shared;
  if (typeof own !== 'object' || own === null || Array.isArray(own)) {
    throw new UsageError(`${file.path}: ${command} is no object of flags`);
  }
  for (const name of Object.keys(own)) {
    if (name in options) continue;
    const meant = nearest(name, Object.keys(options));
    throw new UsageError(`${file.path}: ${command} has no flag ${name}`, meant ? `Did you mean ${meant}?` : undefined);
  }
  return { ...shared, ...own };
}

function readConfigFile(): { path: string; values: Settings } | null {
  const asked = askedConfigFile();
  const path = asked ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (asked === null && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UsageError(`${path}: the config file cannot be read`);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new SyntaxError('no JSON object');
    return { path, values: values as Settings };
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`, 'A config file is a JSON object of flag names.');
  }
}

function askedConfigFile(): string | null {
  const at = process.argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  if (at < 0) return process.env[`${PREFIX}CONFIG`] ?? null;
  const word = process.argv[at] as string;
  return (word.includes('=') ? word.slice(word.indexOf('=') + 1) : process.argv[at + 1]) ?? null;
}
