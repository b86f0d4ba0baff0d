/** This package's version, which goes into the provenance of what it converts. */
import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('image-drift/package.json') as {
  name: string;
  version: string;
};

export const converterVersion = `${name} ${version}`;
