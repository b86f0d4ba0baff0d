import { parquetReadObjects } from 'hyparquet';
import { type Emulator, type EmulatorOptions, startEmulator } from 'image-drift-emulator';
import { FiddlerClient, type Model } from '../../../fiddler/client/index.js';
import { type PublishOptions, publishEvents } from '../../../fiddler/publish/index.js';
import { runBeside } from '../../support/run-beside.js';
import { assert, type CliRun, type longTest, temporaryFolder, test } from '../../support/test.js';
import { CLASSES, type EventOptions, modelOf, writeEvents } from './publish-support.js';

export const TOKEN = 'fid_secretsecretsecret';

export interface LocalFiddler {
  emulator: Emulator;
  client: FiddlerClient;
  /** How many requests other than GET came to a route so far: `POST /v3/models`; all of them. */
  writes(): Record<string, number>;
  /** Runs `image-drift …` beside this process, which must go on to answer. */
  run(args: readonly string[], folder: string): Promise<CliRun>;
  close(): Promise<void>;
}

/** Waits of milliseconds: what is tested is what is repeated, not when. */
const RETRY = { windowSeconds: 60, firstWaitSeconds: 0.005, longestWaitSeconds: 0.05 };

export async function localFiddler(options: Partial<EmulatorOptions> = {}): Promise<LocalFiddler> {
  const emulator = await startEmulator({ folder: temporaryFolder(), token: TOKEN, jobSeconds: 0.05, ...options });
  const client = new FiddlerClient({ url: emulator.url, token: TOKEN, retry: RETRY });
  return {
    emulator,
    client,
    writes: () => {
      const routes = Object.entries(emulator.traffic().byRoute).filter(([route]) => !route.startsWith('GET'));
      return Object.fromEntries(routes.map(([route, { requests }]) => [route, requests]));
    },
    run: (args, cwd) => runBeside(args, { cwd, env: { FIDDLER_URL: emulator.url, FIDDLER_TOKEN: TOKEN } }),
    async close() {
      await client.close();
      await emulator.close();
    },
  };
}

export interface RigOptions {
  jobSeconds?: number;
  rows?: number;
  events?: EventOptions;
  /** Options of every publish. */
  settings?: Partial<PublishOptions>;
}

/** A local Fiddler without deduplication, a model, and a file of events that can be published to it. */
export async function openRig({ jobSeconds = 0.05, rows = 60, events = {}, settings = {} }: RigOptions = {}) {
  const fiddler = await localFiddler({ jobSeconds, deduplicate: false });
  const { client } = fiddler;
  const folder = temporaryFolder();
  const model = await createModel(client, 8);
  const file = await writeEvents(folder, 'a', rows, events);
  const environment = { type: 'PRODUCTION' as const };
  const options: PublishOptions = { files: [file], model, environment, ...settings };
  const stored = () => storedIdsOf(client, model.id);
  return {
    ...fiddler,
    folder,
    model,
    file,
    options,
    /** The default journal of the file. */
    journal: `${file}.publish-production.jsonl`,
    run: (args: readonly string[]) => fiddler.run(args, folder),
    publish: (more: Partial<PublishOptions> = {}) => publishEvents(client, { ...options, ...more }),
    stored,
    /** As somebody else would, whom no journal here knows. */
    async remove(eventIds: readonly string[]) {
      await client.jobs.wait((await client.events.deleteByIds({ modelId: model.id, eventIds })).id);
    },
    assertOnce: async (expected = rows) => assertOnce(await stored(), expected),
  };
}

export type OpenRig = Awaited<ReturnType<typeof openRig>>;

export function assertOnce(ids: readonly string[], expected: number, what = 'events stored'): void {
  assert.is(new Set(ids).size, expected, `different ${what}`);
  assert.is(ids.length, expected, what);
}

/** Registers tests, each with a rig of its own. */
export function scenes<R extends { close(): Promise<void> }, O>(open: (options?: O) => Promise<R>) {
  return (name: string, run: (rig: R) => Promise<void>, options?: O, register: typeof longTest = test): void => {
    register(name, async () => {
      const rig = await open(options);
      try {
        await run(rig);
      } finally {
        await rig.close();
      }
    });
  };
}

export async function createModel(client: FiddlerClient, dimensions: number, name = 'crashes'): Promise<Model> {
  const { project } = await client.projects.getOrCreate(name);
  const { schema, spec, event_id_col, event_ts_col } = modelOf({ dimensions });
  return client.models.create({
    ...{ name: 'resnet18', project_id: project.id, schema, spec, event_id_col, event_ts_col },
    ...{ task: 'multiclass_classification', task_params: { target_class_order: CLASSES } },
  });
}

/** Every stored event's id, as often as it is stored. */
export async function storedIdsOf(client: FiddlerClient, modelId: string): Promise<string[]> {
  const query = { modelId, envType: 'PRODUCTION', columns: ['event_id'], maxRows: 1_000_000 } as const;
  const bytes = await client.rows.download(query);
  if (bytes === null) throw new Error('the emulator does not let one read back');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return (await parquetReadObjects({ file })).map((row) => String(row['event_id']));
}
