/** Every command, in the order in which the help lists them. Adding one means adding one file and one line. */
import { accuracy } from './accuracy.js';
import { baseline } from './baseline.js';
import { checkBaseline } from './check-baseline.js';
import type { Command } from './command.js';
import { compare } from './compare.js';
import { convert } from './convert.js';
import { deletion } from './delete.js';
import { demo } from './demo.js';
import { doctor } from './doctor.js';
import { drift } from './drift.js';
import { drill } from './drill.js';
import { embed } from './embed.js';
import { emulator } from './emulator.js';
import { explain } from './explain.js';
import { gather } from './gather.js';
import { inspect } from './inspect.js';
import { labelPlan } from './label-plan.js';
import { merge } from './merge.js';
import { models } from './models.js';
import { monitorAcknowledge } from './monitor/acknowledge.js';
import { monitorInit } from './monitor/init.js';
import { monitorReport } from './monitor/report.js';
import { monitorStatus } from './monitor/status.js';
import { monitorUpdate } from './monitor/update.js';
import { onboard } from './onboard.js';
import { page } from './page.js';
import { plan } from './plan.js';
import { publish } from './publish.js';
import { quickstart } from './quickstart.js';
import { status } from './status.js';
import { submit } from './submit.js';
import { verify } from './verify.js';

export const COMMANDS: readonly Command<never>[] = [
  demo,
  quickstart,
  convert,
  inspect,
  models,
  embed,
  plan,
  submit,
  status,
  gather,
  baseline,
  merge,
  drift,
  labelPlan,
  accuracy,
  compare,
  drill,
  explain,
  checkBaseline,
  monitorInit,
  monitorUpdate,
  monitorStatus,
  monitorAcknowledge,
  monitorReport,
  onboard,
  publish,
  verify,
  deletion,
  emulator,
  doctor,
  page,
];
