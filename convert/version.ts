/** The version of this package, which is stored in the provenance of converted models. */
import { createRequire } from 'node:module';

const { name, version } = createRequire(import.meta.url)('image-drift/package.json') as {
  name: string;
  version: string;
};

export const converterVersion = `${name} ${version}`;
