/** `npm run docs:api`: writes docs/api.md anew. */
import { writeFileSync } from 'node:fs';
import { apiPagePath, currentApiPage } from './current-api-page.js';

writeFileSync(apiPagePath, currentApiPage());
