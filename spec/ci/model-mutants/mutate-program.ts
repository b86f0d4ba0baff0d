/** Damages the JSON of an exported program, whose archive stays whole. */
import { unzipSync, type Zippable, zipSync } from 'fflate';
import type { Random } from '../../../random/index.js';
import { mutateJson, PROGRAM } from '../../support/exported-program.js';

export function mutateProgram(file: Uint8Array, random: Random): { bytes: Uint8Array; told: string } {
  const members = unzipSync(file);
  const name = Object.keys(members).find((each) => each.endsWith(PROGRAM))!;
  const json: unknown = JSON.parse(Buffer.from(members[name]!).toString());
  const told = mutateJson(json, random);
  const changed = { ...members, [name]: Buffer.from(JSON.stringify(json)) };
  const stored = Object.entries(changed).map(([path, bytes]): [string, Zippable[string]] => [
    path,
    [bytes, { level: 0 }],
  ]);
  return { bytes: zipSync(Object.fromEntries(stored)), told };
}
