/** The version of this package: it is stored in the provenance of converted models, and with what a run has finished. */
import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('image-drift/package.json') as {
  name: string;
  version: string;
};

export const packageVersion = `${name} ${version}`;
