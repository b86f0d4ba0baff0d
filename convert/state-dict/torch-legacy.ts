/**
 * Torch checkpoints before 1.6 (`_legacy_save` in `torch/serialization.py`): five pickles (magic number, protocol,
 * system, object, the storages' keys), then for each key its length (int64) and raw elements.
 */

import { quoted } from '../../base/index.js';
import type { RandomAccessFile } from '../../files/index.js';
import { ConvertError } from '../convert-error.js';
import { PythonDict, type PythonValue, type StorageRef, valueText } from '../pickle/python-values.js';
import { unpickle } from '../pickle/unpickle.js';
import { findStateDict } from './state-dict.js';
import { type CheckpointTensor, loadTensors, storageBytes } from './tensors.js';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/** The pickles are at the beginning, before all storages. See torch-zip.ts for the reason of this limit. */
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 8;

/** @param label file name, for messages @throws ConvertError, FileError */
export async function readTorchLegacy(file: RandomAccessFile, label: string): Promise<Map<string, CheckpointTensor>> {
  const head = await file.read(0, Math.min(file.size, MAX_PICKLE_BYTES));
  const magic = unpickle(head, label);
  if (magic.value !== MAGIC_NUMBER) {
    throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${label}: is a pickle, but not one that torch.save wrote`);
  }
  const protocol = unpickle(head, label, magic.end);
  if (protocol.value !== PROTOCOL_VERSION) {
    throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${label}: not torch's legacy protocol ${PROTOCOL_VERSION}`);
  }
  const system = unpickle(head, label, protocol.end);
  checkByteOrder(system.value, label);
  const object = unpickle(head, label, system.end);
  const keys = unpickle(head, label, object.end);
  const offsets = await locateStorages(file, keys.value, keys.end, object.storages, label);
  return loadTensors(findStateDict(object.value, label), {
    label,
    fileBytes: file.size,
    read: async (storage) => {
      const offset = offsets.get(storage.key);
      if (offset === undefined) {
        throw new ConvertError('STORAGE_MISSING', `${label}: storage ${quoted(storage.key)} is not in the file`);
      }
      return file.read(offset, storageBytes(storage));
    },
  });
}

function checkByteOrder(system: PythonValue, label: string): void {
  const littleEndian = system instanceof PythonDict ? system.get('little_endian') : undefined;
  if (littleEndian === true) return;
  throw new ConvertError('CHECKPOINT_BIG_ENDIAN', `${label}: was not written as little endian, which alone is read`, {
    hint: 'Load and save it again on a little-endian machine, with torch.load and torch.save.',
  });
}

/** Where the elements of each storage begin. */
async function locateStorages(
  file: RandomAccessFile,
  keys: PythonValue,
  start: number,
  storages: ReadonlyMap<string, StorageRef>,
  label: string,
): Promise<Map<string, number>> {
  if (!Array.isArray(keys)) throw new ConvertError('PICKLE_INVALID', `${label}: the list of storages is not a list`);
  const offsets = new Map<string, number>();
  let position = start;
  for (const value of keys) {
    const key = typeof value === 'string' || typeof value === 'number' ? String(value) : valueText(value);
    const storage = storages.get(key);
    if (storage === undefined || offsets.has(key)) {
      const problem = storage === undefined ? 'belongs to no tensor' : 'is there twice';
      throw new ConvertError('PICKLE_INVALID', `${label}: storage ${quoted(key)} ${problem}`);
    }
    await checkLength(file, position, storage, label);
    offsets.set(key, position + LENGTH_BYTES);
    position += LENGTH_BYTES + storageBytes(storage);
  }
  return offsets;
}

async function checkLength(file: RandomAccessFile, at: number, storage: StorageRef, label: string): Promise<void> {
  const place = `${label}: storage ${quoted(storage.key)} at byte ${at.toLocaleString('en')}`;
  const end = at + LENGTH_BYTES + storageBytes(storage);
  if (end > file.size) {
    const message = `${place}: ends at byte ${end.toLocaleString('en')}, the file at ${file.size.toLocaleString('en')}`;
    throw new ConvertError('STORAGE_SIZE', message);
  }
  const length = new DataView((await file.read(at, LENGTH_BYTES)).buffer).getBigInt64(0, true);
  if (length !== BigInt(storage.length)) {
    throw new ConvertError('STORAGE_SIZE', `${place}: ${storage.length} elements promised, ${length} in the file`);
  }
}
