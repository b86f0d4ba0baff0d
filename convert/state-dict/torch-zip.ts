/**
 * Torch checkpoints since 1.6 (`_save` in `torch/serialization.py`), and TorchScript archives, of which only tensors
 * are read: a zip with `data.pkl`, `byteorder` and a member for each storage, `data/<key>`, in a folder of any name.
 */

import { latin1 } from '#platform';
import { quoted, shown } from '../../base/index.js';
import { type RandomAccessFile, ZipArchive, type ZipMember } from '../../files/index.js';
import { ConvertError } from '../convert-error.js';
import { zipHint } from '../other-formats.js';
import { unpickle } from '../pickle/unpickle.js';
import { findStateDict } from './state-dict.js';
import { type CheckpointTensor, loadTensors, storageBytes } from './tensors.js';

/** ResNet-152 has 140 kB. The rest is room for optimiser state and training metadata. */
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;
/** The word `little` or `big`. */
const MAX_BYTEORDER_BYTES = 16;

/** @param label file name, for messages @throws ConvertError, FileError */
export async function readTorchZip(file: RandomAccessFile, label: string): Promise<Map<string, CheckpointTensor>> {
  const zip = await ZipArchive.open(file);
  const top = findTop(zip, label);
  await checkByteOrder(zip, top, label);
  const pickle = await zip.readAll(zip.members.get(`${top}data.pkl`)!, MAX_PICKLE_BYTES);
  const { value } = unpickle(pickle, `${label} ${shown(top)}data.pkl`);
  const read = new Set([`${top}data.pkl`, `${top}byteorder`]);
  const tensors = await loadTensors(findStateDict(value, label), {
    label,
    fileBytes: file.size,
    read: async (storage) => {
      const bytes = storageBytes(storage);
      read.add(`${top}data/${storage.key}`);
      return zip.readAll(storageMember(zip, `${top}data/${storage.key}`, bytes, label), bytes);
    },
  });
  await checkOthers(zip, read);
  return tensors;
}

/** Checks what no tensor needs: a damaged file is not taken. Packed members, never torch's, may be endless. */
async function checkOthers(zip: ZipArchive, read: ReadonlySet<string>): Promise<void> {
  for (const [name, member] of zip.members) {
    if (read.has(name) || member.method !== 'stored') continue;
    for await (const _ of zip.stream(member));
  }
}

/** The top folder, with its slash; empty if the members are not in a folder. */
function findTop(zip: ZipArchive, label: string): string {
  const tops = [...zip.members.keys()]
    .filter((name) => /(^|\/)data\.pkl$/.test(name))
    .map((name) => name.slice(0, -'data.pkl'.length));
  const [top] = tops;
  if (top === undefined || tops.length > 1) {
    const message = `${label}: is a zip file with ${tops.length} members named data.pkl; a torch checkpoint has one`;
    throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', message, { hint: zipHint(zip.members.keys()) });
  }
  return top;
}

async function checkByteOrder(zip: ZipArchive, top: string, label: string): Promise<void> {
  const member = zip.members.get(`${top}byteorder`);
  if (member === undefined) return;
  const order = latin1(await zip.readAll(member, MAX_BYTEORDER_BYTES));
  if (order !== 'little') {
    throw new ConvertError('CHECKPOINT_BIG_ENDIAN', `${label}: byte order ${quoted(order)}, only little is read`, {
      hint: 'Load and save it again on a little-endian machine, with torch.load and torch.save.',
    });
  }
}

function storageMember(zip: ZipArchive, name: string, bytes: number, label: string): ZipMember {
  const member = zip.members.get(name);
  if (member === undefined) {
    throw new ConvertError('STORAGE_MISSING', `${label}: member ${quoted(name)} is not there`);
  }
  if (member.size !== bytes) {
    const message =
      `${label} ${shown(name)}: ${bytes.toLocaleString('en')} bytes promised by data.pkl, ` +
      `${member.size.toLocaleString('en')} in the file`;
    throw new ConvertError('STORAGE_SIZE', message);
  }
  // torch does not compress. A compressed member comes from another program, and a few kB may inflate to gigabytes.
  if (member.method !== 'stored') {
    const message = `${label} ${shown(name)}: is ${member.method}, torch only writes stored ones`;
    const hint = 'Load and save it again, with torch.load and torch.save.';
    throw new ConvertError('CHECKPOINT_COMPRESSED', message, { hint });
  }
  return member;
}
