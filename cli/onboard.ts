import type { Onboarded } from '../fiddler/publish/index.js';
import { type Command, type CommonArgs, wholeNumber } from './command.js';
import { modelOptions, type ServerArgs, withFiddler } from './fiddler-options.js';
import { print, printJson, say } from './output.js';
import { type ColumnArgs, columnChoice, columnOptions, seedOption } from './shared-options.js';

interface Args extends ServerArgs, ColumnArgs {
  events: string;
  project: string;
  model: string;
  modelVersion?: string;
  clusters?: number;
  metadata?: string;
  local: boolean;
  seed: number;
  centroidsOut?: string;
  alerts?: string;
}

export const onboard: Command<Args> = {
  usage: 'onboard <events>',
  describe: 'Events → project and model on Fiddler; done twice it changes nothing',
  positionals: {
    events: { type: 'string', describe: 'The reference: .parquet, .jsonl, .csv, .npz or .npy' },
  },
  options: {
    ...modelOptions,
    project: { ...modelOptions.project, demandOption: true },
    model: { ...modelOptions.model, demandOption: true },
    'model-version': { ...modelOptions['model-version'], describe: 'Version of the model, made where it is not there' },
    clusters: {
      type: 'number',
      requiresArg: true,
      describe: "Bins of the embedding's drift",
      defaultDescription: '5, or what the model has',
      coerce: wholeNumber('clusters', 1),
    },
    ...columnOptions,
    metadata: {
      list: true,
      type: 'string',
      requiresArg: true,
      describe: 'Further columns that Fiddler gets: site,camera',
      defaultDescription: 'none; they are listed',
    },
    local: {
      type: 'boolean',
      default: false,
      describe: 'Find schema and centroids here, instead of sending a sample to the server for them',
    },
    alerts: {
      type: 'string',
      requiresArg: true,
      describe: 'Make alert rules for the drift of a day: auto, a file of drill --json, or a JSON list of rules',
    },
    'centroids-out': {
      type: 'string',
      requiresArg: true,
      describe: "Where the server's centroids are put, for drift --centroids",
      defaultDescription: 'MODEL.centroids.json',
    },
    seed: { ...seedOption('Of the sample'), computes: false },
  },
  inputs: ['events', 'alerts'],
  outputs: ['centroids-out'],
  files: ['centroids-out'],
  examples: [
    ['onboard reference.parquet --project image_monitoring --model resnet18', 'FIDDLER_URL and FIDDLER_TOKEN are set'],
    ['onboard reference.parquet --project image_monitoring --model resnet18 --model-version v2', 'A new network'],
  ],
  async run(args) {
    const { defaultCentroidsPath, onboard: onboardEvents } = await import('../fiddler/publish/index.js');
    const { events, project, model, clusters, local, seed, alerts } = args;
    const centroidsOut = args.centroidsOut ?? defaultCentroidsPath(model);
    const onboarded = await withFiddler(args, (client) =>
      onboardEvents(client, {
        ...{ events, project, model, clusters, local, seed, alerts },
        version: args.modelVersion,
        metadata: args.metadata?.split(','),
        columns: columnChoice(args),
        centroidsOut,
      }),
    );
    if (args.json) printJson(json(onboarded, centroidsOut));
    else await tell(onboarded, centroidsOut, args);
  },
};

function json(
  { project, model, created, differences, metadata, leftOut, centroids, ...rest }: Onboarded,
  path: string,
) {
  const { centroidsWritten, alertRules, notices } = rest;
  return {
    project: { id: project.id, name: project.name, created: created.project },
    model: { id: model.id, name: model.name, version: model.version, created: created.model },
    differences,
    metadata,
    left_out: leftOut,
    clusters: centroids?.centroids.length ?? null,
    centroids: { file: centroids === null ? null : path, written: centroidsWritten },
    alert_rules: alertRules.map(({ id, name }) => ({ id, name })),
    notices,
  };
}

async function tell(onboarded: Onboarded, path: string, { events, quiet }: Args & CommonArgs): Promise<void> {
  const { differenceLines } = await import('../fiddler/publish/index.js');
  const { project, model, created, differences, centroids, centroidsWritten, alertRules, notices } = onboarded;
  print(`project ${project.name}: ${created.project ? 'created' : 'is there'} (${project.id})`);
  print(`model ${model.name} ${model.version}: ${created.model ? 'created' : 'is there, and fits'} (${model.id})`);
  if (differences.length > 0)
    for (const line of ['What the version before has otherwise:', ...differenceLines(differences)]) print(line);
  if (centroids !== null) {
    const clusters = `${centroids.centroids.length} centroids of ${centroids.feature}`;
    print(`${path}: ${clusters}${centroidsWritten ? '' : ', unchanged'}`);
  }
  for (const { id, name } of alertRules) print(`alert rule ${name}: created (${id})`);
  for (const notice of notices) say(quiet, notice);
  if (!created.project && !created.model && alertRules.length === 0) say(quiet, 'Nothing was changed on the server.');
  const target = `--project ${project.name} --model ${model.name}`;
  say(quiet, `Next: image-drift publish ${events} ${target} --baseline NAME`);
}
