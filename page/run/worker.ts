/** The worker of the page: everything that computes. Tasks run one after another, and engines on threads below it. */

import { CodedError } from '../../base/index.js';
import { rejectedPath } from '../../pipeline/embed/index.js';
import { contentOf, isThereNow, loadAssets, removeFile } from '../../platform/page/index.js';
import { allowWebgpu } from '../webgpu.js';
import { comparedWindows, PROFILE, profileOf, REPORT, readProfile } from './compare.js';
import { failureOf, inPage } from './failure.js';
import { askedFields } from './fields.js';
import { byGivenNames } from './given.js';
import type { Asked, FromWorker, MadeFile, Tasks, ToWorker } from './messages.js';
import { ConversionRefused, engineWords, type OpenModel, openModel, weightFiles } from './model.js';
import { checkUsable, embedSet, forgetEvents, type ImageSet, leftOut, tableOf, takenSet } from './sets.js';
import { makeZip } from './weights-zip.js';

/** What a worker's scope has, of the DOM's types. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: { data: ToWorker }) => void): void;
};

const BASELINE = 'baseline';
const sets = new Map<string, ImageSet>();
let model: OpenModel | null = null;
interface Task {
  id: number;
  stop: AbortController;
}

/** Tasks that run or wait, by number: each can be stopped. */
const tasks = new Map<number, Task>();
/** The task that runs. */
let running: Task | null = null;

function progress(what: string, done = 0, total: number | null = null): void {
  if (running !== null) scope.postMessage({ id: running.id, is: 'progress', what, done, total });
}

const TASKS: Tasks = {
  fields: async () => askedFields(),

  async openModel(files, choices, check, engine) {
    progress('Reading the model');
    try {
      const opened = await openModel(files, choices, check, engine);
      if (running!.stop.signal.aborted) {
        await Promise.all([opened.model.embedder.close(), removeFile(opened.model.root)]);
        throw running!.stop.signal.reason;
      }
      await TASKS.closeModel();
      model = opened.model;
      return opened.facts;
    } catch (error) {
      if (!(error instanceof ConversionRefused)) throw error;
      return { failure: failureOf(error.reason) };
    }
  },

  async closeModel() {
    await model?.embedder.close();
    if (model !== null) await removeFile(model.root);
    model = null;
    for (const set of sets.values()) await forgetEvents(set);
  },

  async takeSet(slot, files) {
    progress('Looking at the files');
    const { set, facts } = await takenSet(files, slot === BASELINE);
    if (running!.stop.signal.aborted) {
      await Promise.all([removeFile(set.root), removeFile(set.tables)]);
      throw running!.stop.signal.reason;
    }
    await TASKS.dropSet(slot);
    sets.set(slot, { ...set, name: unusedName(set.name) });
    return facts;
  },

  async dropSet(slot) {
    const set = sets.get(slot);
    sets.delete(slot);
    if (set !== undefined) await Promise.all([removeFile(set.root), removeFile(set.tables)]);
  },

  async compare(windows, mayLeaveOut) {
    const { signal } = running!.stop;
    const notices: string[] = [];
    const compared = comparedSets(windows);
    const [baseline, ...others] = compared as [ImageSet, ...ImageSet[]];
    const embedding = { signal, progress, note: (text: string) => void notices.push(text) };
    const made = compared.filter(({ kind }) => kind !== 'profile');
    for (const set of made) {
      const done = embedSet(set, { ...embedding, embedder: model?.embedder as OpenModel['embedder'] });
      await done.catch((error: unknown) => {
        checkUsable(made, mayLeaveOut);
        throw error;
      });
    }
    checkUsable(made, mayLeaveOut);
    progress('Comparing');
    const { events } = baseline;
    const profile = events === null ? await readProfile(baseline.paths[0]!) : await profileOf(events, signal);
    const tables = others.map((set) => set.events!);
    const findings = await comparedWindows(profile, events, tables, signal, progress);
    const notes = [...made.flatMap(leftOut), ...notices, ...(model?.notices ?? []), ...findings.notes];
    return { ...findings, engine: model && engineWords(model.embedder), notes: notes.map(inPage) };
  },

  async made() {
    const weights = model === null ? [] : [await weightsZip(model)];
    const files: MadeFile[] = [...sets.values()].flatMap((set) => (set.kind === 'images' ? madeOf(set) : []));
    const whole = [
      { path: PROFILE, name: 'profile.json', words: 'the baseline, for drift --baseline' },
      { path: REPORT, name: 'report.html', words: 'opens in any browser' },
    ].filter(({ path }) => isThereNow(path));
    return [...weights, ...files, ...whole.map(({ path, ...file }) => ({ ...file, content: blobAt(path) }))];
  },
};

/** Windows are told apart by their names, and so are saved files. */
function unusedName(name: string): string {
  const used = new Set([...sets.values()].map((set) => set.name));
  let unused = name;
  for (let number = 2; used.has(unused); number++) unused = `${name}-${number}`;
  return unused;
}

/** The baseline and the windows. @throws CodedError that names all that is not there */
function comparedSets(windows: readonly string[]): ImageSet[] {
  const found = [BASELINE, ...windows].flatMap((slot) => sets.get(slot) ?? []);
  const withoutEvents = found.filter(({ kind }) => kind === 'images').map(({ name }) => name);
  const absent = [
    ...(sets.has(BASELINE) ? [] : ['a baseline (step 2)']),
    ...(windows.length > 0 ? [] : ['a window (step 3)']),
  ];
  const needsModel = model === null && (withoutEvents.length > 0 || found.length === 0);
  const missing = [...(needsModel ? ['a model (step 1)'] : []), ...absent];
  if (missing.length === 0) return found;
  const code = absent.length > 0 ? 'SET_MISSING' : 'MODEL_MISSING';
  throw new CodedError(code, `not given yet: ${missing.join(', ')}`, {
    hint: needsModel ? 'Saved events need no model: what it made of the images is in them.' : undefined,
  });
}

async function weightsZip(opened: OpenModel): Promise<MadeFile> {
  const files = (await weightFiles(opened)).map(({ name, content }) => ({ name: `weights/${name}`, content }));
  return { name: 'weights.zip', words: 'unzipped, for embed --weights weights', content: await makeZip(files) };
}

function madeOf(set: ImageSet): MadeFile[] {
  const table = tableOf(set);
  return [
    { path: table, name: `${set.name}.parquet`, words: 'events, for baseline and drift' },
    { path: rejectedPath(table), name: `${set.name}-left-out.jsonl`, words: 'images that could not be used, and why' },
  ].flatMap(({ path, ...file }) => (isThereNow(path) ? [{ ...file, content: blobAt(path) }] : []));
}

function blobAt(path: string): Blob {
  const content = contentOf(path);
  if (content instanceof Blob) return content;
  if (path.endsWith('.jsonl')) return new Blob([byGivenNames(new TextDecoder().decode(content))]);
  return new Blob([content as Uint8Array<ArrayBuffer>], { type: path === REPORT ? 'text/html' : '' });
}

allowWebgpu();
let last: Promise<void> = Promise.resolve();

scope.addEventListener('message', ({ data }) => {
  if ('stop' in data) {
    tasks.get(data.stop)?.stop.abort(new CodedError('STOPPED', 'stopped'));
    return;
  }
  tasks.set(data.id, { id: data.id, stop: new AbortController() });
  last = last.then(() => answer(data));
});

async function answer({ id, task, args }: Asked): Promise<void> {
  running = tasks.get(id)!;
  const { signal } = running.stop;
  try {
    signal.throwIfAborted();
    // Kernels are used without a wait, so all are there before the first task.
    await loadAssets('');
    signal.throwIfAborted();
    const run = TASKS[task] as (...args: readonly unknown[]) => Promise<unknown>;
    scope.postMessage({ id, is: 'done', value: await run(...args) });
  } catch (error) {
    scope.postMessage({ id, is: 'failed', failure: failureOf(error) });
  } finally {
    running = null;
    tasks.delete(id);
  }
}
