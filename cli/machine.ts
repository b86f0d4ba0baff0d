/** What `doctor` reports about the machine. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

export function machine() {
  return {
    version: ownVersion(),
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim() || 'unknown processor',
    cores: availableParallelism(),
    // Without a container's limit, `constrainedMemory` returns 0 or 2⁶⁴.
    memory_bytes: Math.min(process.constrainedMemory() || totalmem(), totalmem()),
    memory_free_bytes: process.availableMemory(),
  };
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
