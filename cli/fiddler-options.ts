/** Flags that name a model on a Fiddler server, and the way to it. Address and token are not flags: see `Token`. */
import { text, toggle } from '../base/index.js';
import type { FiddlerClient, Model } from '../fiddler/client/index.js';
import type { CommonArgs } from './command.js';
import type { ArgsOf } from './flag.js';
import { ourCommand, say } from './output.js';
import { requestLog } from './request-log.js';
import { UsageError } from './usage-error.js';

export const serverFlags = {
  insecureHttp: toggle()
    .default(false)
    .flag('Send the token unencrypted, where FIDDLER_URL is http:// and not this machine'),
};

/** Flags of every command that works on one model of a server. `findModel` says which are needed, and when. */
export const modelFlags = {
  project: text().flag('Name of the project on the server'),
  model: text().flag('Name of the model on the server'),
  modelVersion: text().flag('Version of the model').shows('the newest'),
  ...serverFlags,
};

export type ServerArgs = Partial<ArgsOf<typeof serverFlags>>;
export type ModelArgs = ServerArgs & Omit<ArgsOf<typeof modelFlags>, 'insecureHttp'>;

/** Connects as the environment says, once the server is known to be a new enough Fiddler; always closes. */
export async function withFiddler<T>(
  { insecureHttp = false, quiet, json }: ServerArgs & Partial<CommonArgs>,
  use: (client: FiddlerClient) => Promise<T>,
): Promise<T> {
  const { FiddlerClient } = await import('../fiddler/client/index.js');
  const client = FiddlerClient.fromEnvironment({ ...requestLog({ quiet, json }), insecureHttp });
  try {
    // A wrong address or token is told now, not after a minute of work.
    await client.serverInfo();
    return await use(client);
  } finally {
    await client.close();
  }
}

/** As `withFiddler`, with the model that the flags name. Throws what `findModel` throws. */
export function withModel<T>(args: ModelArgs, use: (client: FiddlerClient, model: Model) => Promise<T>): Promise<T> {
  return withFiddler(args, async (client) => use(client, await findModel(client, args)));
}

/** As `withModel`; a journal, if given, names the model, and flags no other one. Throws `JOURNAL_OTHER_…`, too. */
export async function withModelOf<T>(
  args: ModelArgs,
  journal: string | undefined,
  use: (client: FiddlerClient, model: Model) => Promise<T>,
): Promise<T> {
  if (journal === undefined) return withModel(args, use);
  const { checkJournalPlace, placeOf, readJournalHeader } = await import('../fiddler/publish/index.js');
  const header = await readJournalHeader(journal);
  const { name, version, project } = header.model;
  const named = {
    project: args.project ?? project ?? undefined,
    model: args.model ?? name,
    modelVersion: args.modelVersion ?? version,
  };
  return withModel({ ...args, ...named }, async (client, model) => {
    checkJournalPlace(journal, header, placeOf(client.url, await client.serverInfo(), model));
    return use(client, model);
  });
}

/** @throws UsageError without `--project` or `--model`; PublishError `PROJECT_MISSING`, `MODEL_MISSING` */
async function findModel(
  client: FiddlerClient,
  { project: projectName, model: name, modelVersion: version }: ModelArgs,
): Promise<Model> {
  if (projectName === undefined || name === undefined) {
    throw new UsageError('--project and --model are needed: which model of the server it is');
  }
  const { PublishError } = await import('../fiddler/publish/index.js');
  const project = await client.projects.byName(projectName);
  if (project === null)
    throw new PublishError('PROJECT_MISSING', `${client.url}: no project ${projectName}`, { hint: ONBOARD });
  const model = await client.models.byName(project.id, name, version === undefined ? { latest: true } : { version });
  if (model !== null) return model;
  const wanted = version === undefined ? name : `${name} ${version}`;
  throw new PublishError('MODEL_MISSING', `${client.url}: no model ${wanted} in the project ${projectName}`, {
    hint: ONBOARD,
  });
}

const ONBOARD = `Make it first: ${ourCommand('onboard EVENTS --project NAME --model NAME')}`;

export const INTERRUPTED_EXIT_CODE = 130;

/** Ctrl-C beside a server: the first finishes the current request, the second ends at once. Call once a command. */
export function stopOnInterrupt(quiet: boolean): AbortSignal {
  const controller = new AbortController();
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    // Uses `on`, because otherwise a third one would kill the ending process and leave half-written files.
    process.on('SIGINT', () => process.exit(INTERRUPTED_EXIT_CODE));
    say(quiet, 'Stopping after the request under way; Ctrl-C again to stop at once.');
    controller.abort();
  });
  return controller.signal;
}
