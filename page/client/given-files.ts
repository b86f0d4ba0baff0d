/** Files of drops, pickers and folders, with their paths; and which of them are a window each. */
import type { GivenFile } from '../run/messages.js';

export async function dropped(transfer: DataTransfer): Promise<GivenFile[]> {
  // Entries are gone after the event: all are asked for before the first wait.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
  const files = await Promise.all(
    entries.map((entry) => (entry instanceof File ? [{ path: entry.name, content: entry }] : filesIn(entry, ''))),
  );
  return shown(files.flat());
}

async function filesIn(entry: FileSystemEntry, before: string): Promise<GivenFile[]> {
  const path = before + entry.name;
  if (isFile(entry)) return [{ path, content: await new Promise<File>((done, fail) => entry.file(done, fail)) }];
  const files: GivenFile[] = [];
  for (const inside of await entriesOf(entry as FileSystemDirectoryEntry)) {
    files.push(...(await filesIn(inside, `${path}/`)));
  }
  return files;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

/** A reader gives a hundred at a time, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

export function picked(files: FileList): GivenFile[] {
  return shown([...files].map((file) => ({ path: file.webkitRelativePath || file.name, content: file })));
}

/** Without what systems put beside files: `.DS_Store`, `__MACOSX`, `Thumbs.db`. */
function shown(files: readonly GivenFile[]): GivenFile[] {
  return files.filter(({ path }) => !/(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/.test(path));
}

const TABLES = /\.(npz|npy|tar|tgz|zip|parquet|jsonl|csv)$/i;

/** Each folder, archive and table is a window of its own; loose images are one together. */
export function windowsIn(files: readonly GivenFile[]): GivenFile[][] {
  const windows = new Map<string, GivenFile[]>();
  for (const file of files) {
    const [top = '', ...rest] = file.path.split('/');
    const name = rest.length > 0 ? top : TABLES.test(top) ? top.replace(/\.[^.]+$/, '') : 'images';
    windows.set(name, [...(windows.get(name) ?? []), file]);
  }
  return [...windows.values()];
}
