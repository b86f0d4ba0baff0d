import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  fillTemplate,
  type KnownPlan,
  type Marker,
  SCHEDULERS,
  type SubmissionOptions,
  submissionOf,
  templatePath,
} from '../../scale/index.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const paths = { id: 'ab'.repeat(32), run: '/shared/run', plan: '/shared/run/plan.json', isBucket: false, needs: [] };
const bucket = { ...paths, run: 's3://b/run', plan: 's3://b/run/plan.json', isBucket: true };
const cluster = { image: 'image-drift:1', claim: 'photos', mount: '/shared' };

function planOf(shards: number): KnownPlan {
  const plan = { shards: Array.from({ length: shards }, (_, first) => ({ first, images: 1, bytes: 1 })) };
  return { plan: plan as KnownPlan['plan'], run: paths.id };
}

/** @param memory bytes that done shards took; null where one is not done */
function submission(memory: readonly (number | null)[], options: Partial<SubmissionOptions> = {}) {
  const markers = memory.map((bytes, shard) =>
    bytes === null ? null : ({ shard, memory_bytes: bytes, engine: { threads: 2 } } as Marker),
  );
  return submissionOf(planOf(memory.length), markers, { perTask: 1, cpus: 4, ...options });
}

async function filled(name: keyof typeof SCHEDULERS, asked: ReturnType<typeof submission>): Promise<string> {
  const scheduler = SCHEDULERS[name];
  return fillTemplate(templatePath(scheduler.template), scheduler.values(paths, asked, cluster));
}

test('the memory is 1.5 times the most that a done shard took, in steps of 256 MiB', () => {
  const asked = submission([300 * 2 ** 20, null, 200 * 2 ** 20, null]);
  assert.is(asked.memoryMib, 512);
  assert.match(asked.measured, 'shard 0 took: 300 MiB');
  assert.equal(asked.missing, [1, 3]);
  assert.is(submission([null]).memoryMib, 4096);
  assert.match(submission([null]).measured, 'a guess');
  assert.is(submission([null], { memory: 700 }).memoryMib, 700);
});

test('Slurm: the index is the shard, or with several a task one of --only', async () => {
  const raw = await filled('slurm', submission([null, 1, null, null], { parallel: 7 }));
  assert.match(raw, '#SBATCH --array=0,2-3%7\n');
  assert.match(raw, 'embed --plan /shared/run/plan.json --shard auto --quiet --threads "$SLURM_CPUS_PER_TASK"');
  const pairs = await filled('slurm', submission([null, 1, null, null], { perTask: 2 }));
  assert.match(pairs, '#SBATCH --array=0-1\n');
  assert.match(pairs, '--shard auto --only 0,2-3 --shards-per-task 2 --quiet');
  const spaced = SCHEDULERS.slurm.values({ ...paths, run: "/a b/it's" }, submission([null]), cluster);
  assert.is(spaced['run'], `'/a b/it'\\''s'`);
  const percent = SCHEDULERS.slurm.values({ ...paths, run: '/50%A' }, submission([null]), cluster);
  assert.equal([percent['logs'], percent['run']], ['/50%%A', '/50%A']);
});

test('Kubernetes: an index without gaps names the shards; jobs of other shards have other names', async () => {
  const text = await filled('kubernetes', submission([null, 1, null, null]));
  assert.match(text, '  completions: 3\n  parallelism: 3\n');
  assert.match(text, '"--shard","auto","--only","0,2-3","--shards-per-task","1"');
  assert.match(text, 'values: [1, 2, 4]');
  const dollars = SCHEDULERS.kubernetes.values({ ...paths, plan: '/$(HOME)/$' }, submission([null]), cluster);
  assert.match(dollars['arguments']!, '"/$$(HOME)/$$"');
  const nameOf = (yaml: string) => /^ {2}name: (.*)$/m.exec(yaml)?.[1];
  assert.match(nameOf(text)!, /^image-drift-[0-9a-f]{12}-[0-9a-f]{6}$/);
  assert.is.not(nameOf(text), nameOf(await filled('kubernetes', submission([1, 1, null, null]))));
});

test('what Slurm will not take, and what pods do not see, is told', () => {
  const { slurm, kubernetes } = SCHEDULERS;
  const many = (count: number, perTask = 1) => submission(new Array<null>(count).fill(null), { perTask });
  assert.equal(slurm.notices(paths, many(1001), cluster), []);
  const [line = ''] = slurm.notices(paths, many(2500), cluster);
  assert.match(line, 'goes up to 2,499');
  assert.match(line, '--shards-per-task 3 fits');
  assert.equal(slurm.notices(paths, many(2500, 3), cluster), []);
  const last = submission([...new Array<number>(1500).fill(1), null]);
  assert.match(slurm.notices(paths, last, cluster)[0]!, '--shards-per-task 2 fits');
  const needs = ['/shared/weights', '/data/1.jpg', '/shareds/2.jpg'];
  const told = kubernetes.notices({ ...paths, needs }, many(1), cluster);
  const beginnings = told.map((text) => text.slice(0, text.indexOf(':')));
  assert.equal(beginnings, ['Pods do not see /data/1.jpg', 'Pods do not see /shareds/2.jpg']);
  assert.equal(kubernetes.notices(paths, many(1), { ...cluster, mount: '/' }), []);
  assert.match(kubernetes.notices({ ...bucket, needs: ['/data/1.jpg'] }, many(1), cluster)[0]!, 'no volume');
});

test('a run in a bucket has no volume, and Slurm logs to where it is called', async () => {
  const { bucketTemplate, values } = SCHEDULERS.kubernetes;
  const text = await fillTemplate(templatePath(bucketTemplate), values(bucket, submission([null]), cluster));
  assert.match(text, '"--plan","s3://b/run/plan.json"');
  assert.not.match(text, 'persistentVolumeClaim');
  assert.not.match(text, 'volumeMounts');
  assert.match(text, 'secretRef');
  const { slurm } = SCHEDULERS;
  const script = await fillTemplate(
    templatePath(slurm.bucketTemplate),
    slurm.values(bucket, submission([null]), cluster),
  );
  assert.match(script, '--output=./slurm-%A_%a.log');
  assert.match(script, 'embed --plan s3://b/run/plan.json');
});

test('a run without missing shards, and a template with an unknown name, are told', async () => {
  await refusal('RUN_COMPLETE', () => submission([1, 1]));
  const own = join(temporaryFolder(), 'own.sh');
  writeFileSync(own, 'run {{plan}} on {{planet}}');
  const error = await refusal('TEMPLATE_NAME', () => fillTemplate(own, { plan: 'p' }));
  assert.match(error.message, 'nothing stands for {{planet}}; there are plan');
  writeFileSync(own, 'run {{plan}}');
  assert.is(await fillTemplate(own, { plan: 'p' }), 'run p');
});
