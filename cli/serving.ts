/** What commands share that serve until they are ended. */
import { number } from '../base/index.js';

const LAST_PORT = 65_535;

export const portFlag = number().takes(
  `a whole number from 0 to ${LAST_PORT}`,
  (value) => Number.isInteger(value) && value >= 0 && value <= LAST_PORT,
);

/** Such a command ends by a signal: the usual handlers, which exit at once, would leave requests half answered. */
export function untilSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) {
      process.removeAllListeners(signal);
      process.once(signal, () => done());
    }
  });
}
