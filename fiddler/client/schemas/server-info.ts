import { z } from 'zod';
import { named } from './common.js';

export const serverInfo = z.looseObject({
  server_version: z.string(),
  feature_flags: z.record(z.string(), z.unknown()).nullish(),
  organization: named.nullish(),
});

export type ServerInfo = z.output<typeof serverInfo> & {
  /** Server's clock minus ours, from the answer's Date header, accurate to about a second; null without that header. */
  clockSkewSeconds: number | null;
};
