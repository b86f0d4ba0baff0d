// Checks that `image-drift doctor --json` is right about the project in the current folder:
//
//     node doctor_truth.mjs NODE_MAJOR doctor.json
import { existsSync, readFileSync } from 'node:fs';

const [major, file] = process.argv.slice(2);
const told = JSON.parse(readFileSync(file, 'utf8'));
const problems = [];
const expect = (holds, problem) => {
  if (!holds) problems.push(problem);
};

/** Version of a package as installed; null if it is not. */
function installed(name) {
  const manifest = `node_modules/${name}/package.json`;
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : null;
}

expect(
  told.node === process.version && told.node.startsWith(`v${major}.`),
  `node ${told.node} is not ${process.version}`,
);
expect(told.version === installed('image-drift'), `version ${told.version}`);
for (const [name, version] of Object.entries(told.optional_packages)) {
  expect(version === installed(name), `${name} ${version}, in node_modules: ${installed(name)}`);
}

const backends = new Map(told.backends.map((one) => [one.backend, one]));
expect(backends.get('simd')?.works, 'simd does not work');
const needs = { webgpu: 'webgpu', onnxruntime: 'onnxruntime-node' };
for (const [backend, name] of Object.entries(needs)) {
  const row = backends.get(backend);
  if (installed(name) === null) {
    expect(row && !row.available && !row.works, `${backend} works without ${name}`);
    expect(/npm install/.test(row?.how_to_get ?? ''), `${backend}: not told how to get it`);
  } else {
    expect(row?.works || row?.reason || row?.failure, `${backend} does not work, and no reason is told`);
  }
}
if (installed('onnxruntime-node'))
  expect(backends.get('onnxruntime')?.works, `onnxruntime: ${backends.get('onnxruntime')?.reason}`);
for (const { backend, available, works, failure, error, images_per_second: rate } of told.backends) {
  if (works)
    expect(available && error !== null && error <= 1e-5 && rate > 0, `${backend} works with error ${error}, ${rate}/s`);
  if (available && !works) expect(failure, `${backend} is there and does not work, and no failure is told`);
}
const [taken] = told.auto;
expect(backends.get(taken)?.works && backends.get(taken)?.kind !== 'software-gpu', `auto takes ${taken}`);

for (const problem of problems) console.error(`doctor: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
