// The problems that `attw --format json`, on stdin, finds for who imports modules. attw fails also for `node10`, which the
// profile esm-only leaves out: that resolution knows no `imports` of package.json, such as `#platform`.
import { readFileSync } from 'node:fs';

const IGNORED = ['node10', 'node16-cjs'];

const { analysis } = JSON.parse(readFileSync(0, 'utf8'));
const { problems, entrypoints } = analysis;
const found = problems.filter(({ resolutionKind, resolutionOption }) => {
  return !IGNORED.includes(resolutionKind ?? resolutionOption);
});
for (const { kind, entrypoint, fileName, moduleSpecifier, resolutionKind, resolutionOption } of found) {
  console.error(`${kind}: ${entrypoint ?? fileName} ${moduleSpecifier ?? ''} (${resolutionKind ?? resolutionOption})`);
}
console.log(`${Object.keys(entrypoints).length} entries, ${found.length} problems`);
process.exitCode = found.length === 0 ? 0 : 1;
