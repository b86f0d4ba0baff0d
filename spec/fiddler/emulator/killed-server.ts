/** A process of its own that runs an emulator until it is killed. Arguments: folder, seconds a job takes. */
import { startEmulator } from 'image-drift-emulator';
import { TOKEN } from './support.js';

const [folder = '', jobSeconds = '0'] = process.argv.slice(2);
const { url } = await startEmulator({ folder, token: TOKEN, jobSeconds: Number(jobSeconds) });
process.stdout.write(`${url}\n`);
