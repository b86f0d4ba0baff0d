/**
 * The archive of `torch.export.save` since torch 2.8 (torch/export/pt2_archive/constants.py): a stored zip with one
 * folder of any name, with `archive_format`, `models/<name>.json`, and a member a tensor in `data/weights/` and
 * `data/constants/`.
 */

import type * as z from 'zod';
import { basename, latin1, sha256, utf8 } from '#platform';
import { issueWords, quoted } from '../../../base/index.js';
import { addToHash, RandomAccessFile, ZipArchive } from '../../../files/index.js';
import { ConvertError } from '../../convert-error.js';
import { type Payload, type Program, payloadSchema, programSchema, versionSchema } from './schema.js';

/** Major version of the schema that is read. Minor ones only add fields. */
const SCHEMA_MAJOR = 8;
/** Swin-L has 12 MB. */
const MAX_JSON_BYTES = 256 * 2 ** 20;
const MAX_WORD_BYTES = 64;

const ONNX_WAY = 'Export it to ONNX instead, which convert reads too: torch.onnx.export(model, (x,), "model.onnx").';

/** What makes a zip file an exported program of some version; before torch 2.8 the two JSON files lie at its top. */
const MARKS = { format: /(^|\/)archive_format$/, old: /^serialized_exported_program\.json$/ };

export interface Archive {
  label: string;
  program: Program;
  /** Version of its schema: major and minor. */
  schema: string;
  /** Parameters and buffers, by their state-dict names, and constants. */
  payloads: ReadonlyMap<string, Stored>;
  /** sha256 of the whole file, lower-case hex. */
  sha256: string;
  /** The bytes of a member, checked against its checksum. */
  read(member: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A tensor, and the member that has its storage. */
export interface Stored {
  member: string;
  payload: Payload;
}

/** Whether a zip says that it is an exported program, of any version. @throws FileError */
export async function holdsProgram(file: RandomAccessFile): Promise<boolean> {
  const members = await membersOf(file);
  return members.some((name) => MARKS.format.test(name) || MARKS.old.test(name));
}

/** None for a zip that is damaged: the reader of checkpoints then says in which way. */
async function membersOf(file: RandomAccessFile): Promise<string[]> {
  try {
    return [...(await ZipArchive.open(file)).members.keys()];
  } catch {
    return [];
  }
}

/** @throws ConvertError `EXPORTED_VERSION`, `EXPORTED_INVALID`; FileError */
export async function openArchive(path: string): Promise<Archive> {
  const file = await RandomAccessFile.open(path);
  try {
    const zip = await ZipArchive.open(file);
    const label = basename(path);
    const members = new Members(zip, file, label);
    const { program, schema } = await readProgram(members, label);
    return {
      label,
      program,
      schema,
      payloads: await readPayloads(members),
      sha256: (await addToHash(sha256(), file)).digest('hex'),
      read: (member) => members.read(member, file.size),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

class Members {
  readonly #zip: ZipArchive;
  readonly #file: RandomAccessFile;
  readonly #label: string;
  readonly #top: string;

  constructor(zip: ZipArchive, file: RandomAccessFile, label: string) {
    this.#zip = zip;
    this.#file = file;
    this.#label = label;
    const mark = [...zip.members.keys()].find((name) => MARKS.format.test(name));
    if (mark === undefined) throw versionError(label, 'has the layout of torch before 2.8');
    this.#top = mark.slice(0, -'archive_format'.length);
  }

  like(start: string, end: string): string[] {
    const paths = [...this.#zip.members.keys()].filter((name) => name.startsWith(this.#top));
    return paths
      .map((name) => name.slice(this.#top.length))
      .filter((name) => name.startsWith(start) && name.endsWith(end));
  }

  /**
   * PyTorch does not compress. A few kB of a compressed member may inflate to gigabytes.
   * @throws ConvertError `EXPORTED_INVALID`; FileError
   */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const member = this.#zip.members.get(this.#top + path);
    if (member === undefined) throw invalid(this.#label, `member ${quoted(path)} is not there`);
    if (member.method !== 'stored')
      throw invalid(this.#label, `member ${quoted(path)} is ${member.method}, not stored`);
    return this.#zip.readAll(member, Math.min(maxBytes, this.#file.size));
  }

  async word(path: string): Promise<string> {
    return latin1(await this.read(path, MAX_WORD_BYTES));
  }

  async json(path: string): Promise<unknown> {
    const text = utf8(await this.read(path, MAX_JSON_BYTES));
    try {
      return JSON.parse(text);
    } catch (error) {
      throw invalid(this.#label, `${quoted(path)} is not JSON: ${(error as Error).message.slice(0, 200)}`);
    }
  }

  parsed<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
    const found = schema.safeParse(value);
    if (found.success) return found.data;
    const [issue] = found.error.issues;
    const place = issue?.path.join('.').slice(0, 200) ?? '';
    throw invalid(this.#label, `${quoted(path)} at ${quoted(place)}: ${issueWords(issue?.message)}`);
  }
}

async function readProgram(members: Members, label: string): Promise<{ program: Program; schema: string }> {
  const format = await members.word('archive_format');
  if (format !== 'pt2') throw invalid(label, `its format is ${quoted(format)}, an exported program has pt2`);
  const order = await members.word('byteorder');
  if (order !== 'little') throw invalid(label, `its byte order is ${quoted(order)}, only little is read`);
  const paths = members.like('models/', '.json');
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw invalid(label, `has ${paths.length} programs in models/, one is needed (AOTInductor packages have none)`);
  }
  const json = await members.json(path);
  const { major, minor } = members.parsed(versionSchema, json, path).schema_version;
  if (major !== SCHEMA_MAJOR) throw versionError(label, `is of schema version ${major}.${minor}`);
  return { program: members.parsed(programSchema, json, path), schema: `${major}.${minor}` };
}

async function readPayloads(members: Members): Promise<Map<string, Stored>> {
  const payloads = new Map<string, Stored>();
  for (const kind of ['weights', 'constants']) {
    const folder = `data/${kind}/`;
    for (const path of members.like(folder, '_config.json')) {
      const { config } = members.parsed(payloadSchema, await members.json(path), path);
      for (const [name, payload] of Object.entries(config)) {
        payloads.set(name, { member: folder + payload.path_name, payload });
      }
    }
  }
  return payloads;
}

export function invalid(label: string, what: string): ConvertError {
  return new ConvertError('EXPORTED_INVALID', `${label}: is not a readable exported program: ${what}`);
}

function versionError(label: string, what: string): ConvertError {
  const message = `${label}: ${what}; exported programs of schema version ${SCHEMA_MAJOR} are read, which torch 2.8 and later write`;
  return new ConvertError('EXPORTED_VERSION', message, {
    hint: `${ONNX_WAY} Or save it with a torch of that version: torch.export.save.`,
  });
}
