import { shellWord, text } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { Onboarded } from '../fiddler/publish/index.js';
import { onboardFields } from '../fiddler/publish/options/index.js';
import { type CommonArgs, command } from './command.js';
import { modelFlags, withFiddler } from './fiddler-options.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { ourCommand, print, printJson, say } from './output.js';
import { columnChoice } from './shared-options.js';

const { version, clusters, metadata, local, alerts, centroidsOut, seed } = onboardFields;

const options = {
  project: modelFlags.project.needed(),
  model: modelFlags.model.needed(),
  version,
  insecureHttp: modelFlags.insecureHttp,
  clusters,
  ...columnFields,
  ...{ metadata, local, alerts, centroidsOut, seed },
};
const positionals = { events: text().needed().flag('The reference: .parquet, .jsonl, .csv, .npz or .npy') };
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const onboard = command({
  usage: 'onboard <events>',
  describe: 'Events → project and model on Fiddler; done twice it changes nothing',
  positionals,
  options,
  inputs: ['events', 'alerts'],
  outputs: ['centroids-out'],
  files: ['centroids-out'],
  examples: [
    ['onboard reference.parquet --project image_monitoring --model resnet18', 'FIDDLER_URL and FIDDLER_TOKEN are set'],
    ['onboard reference.parquet --project image_monitoring --model resnet18 --model-version v2', 'A new network'],
  ],
  async run(args) {
    const { defaultCentroidsPath, onboard: onboardEvents, readCentroids } = await import('../fiddler/publish/index.js');
    const { FileError } = await import('../files/index.js');
    const { events, project, model } = args;
    const centroidsOut = args.centroidsOut ?? defaultCentroidsPath(model);
    const there = await readCentroids(centroidsOut).catch(() => null);
    const was =
      there && `the centroids of project ${there.project ?? 'not known'}, model ${there.model} ${there.version}`;
    if (args.centroidsOut === undefined && there !== null && there.project !== project) {
      const hint = 'Give --centroids-out another name.';
      throw new FileError('OUTPUT_IS_OTHER', `${centroidsOut}: is ${was}`, { hint });
    }
    const onboarded = await withFiddler(args, (client) =>
      onboardEvents(client, {
        ...{ ...valuesOf(onboardFields, args), events, project, model, centroidsOut },
        columns: columnChoice(args),
      }),
    );
    if (onboarded.centroidsWritten && was !== null) say(args.quiet, `${centroidsOut}: replaces ${was}.`);
    if (args.json) printJson(json(onboarded, centroidsOut));
    else await tell(onboarded, centroidsOut, args);
  },
});

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
  const target = `--project ${shellWord(project.name)} --model ${shellWord(model.name)}`;
  say(quiet, `Next: ${ourCommand(`publish ${shellWord(events)} ${target} --baseline NAME`)}`);
}
