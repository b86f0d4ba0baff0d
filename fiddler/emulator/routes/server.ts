/** The server's version, and its check of a client's version. */
import { z } from 'zod';
import { badRequest } from '../http/api-failure.js';
import { normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import type { Routes } from './context.js';

/** The emulated version of Fiddler. Clients read it to find out which calls they can use. */
export const SERVER_VERSION = '25.12.0';
/** The first major version of the Python client that uses this API. */
const LEAST_PYTHON_CLIENT = 3;

const Compatibility = z.object({ client_version: z.string(), client_name: z.string() });

export const serverRoutes: Routes = (api, { store }) => {
  api.get('/v3/server-info', async () =>
    normal({ server_version: SERVER_VERSION, feature_flags: {}, organization: store.organization }),
  );

  api.get('/v3/version-compatibility', async (request) => {
    const { client_version, client_name } = parsed(Compatibility, request.query, 'query');
    if (client_name === 'python-sdk' && !(Number.parseInt(client_version, 10) >= LEAST_PYTHON_CLIENT)) {
      throw badRequest(`You are using old fiddler-client version. Please upgrade to 3.0.0 or above`);
    }
    return normal({});
  });
};
