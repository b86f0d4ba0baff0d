/**
 * Runs a benchmark of `bench/package.json`: `npm run bench -- [name] [flags of the benchmark]`. Without a name it is
 * `inference`, which compares the engines.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../bench', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));

const args = process.argv.slice(2);
const name = args[0] === undefined || args[0].startsWith('-') ? 'inference' : args.shift();
if (Object.hasOwn(scripts, name)) {
  const { status } = spawnSync('npm', ['run', '--silent', name, '--', ...args], { cwd: folder, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  const names = Object.keys(scripts).filter((script) => script !== 'peers' && !script.startsWith('pre'));
  console.error(`bench/package.json has no benchmark ${name}; it has ${names.join(', ')}`);
  process.exitCode = 2;
}
