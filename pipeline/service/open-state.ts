/** Opens the folder of a monitor for a recorder, or makes it. */
import { sha256Of } from '#platform';
import type { Settled } from '../../base/index.js';
import type { Profile } from '../../drift/index.js';
import { readSmallFile } from '../../files/index.js';
import { MAX_PROFILE_BYTES } from '../measure/profiles.js';
import { checkBaselineSame } from '../monitor/add-state.js';
import { initMonitor, openMonitor } from '../monitor/index.js';
import { isState, readState, type StatePromise } from '../monitor/state-file.js';
import type { recorderFields } from '../options/index.js';
import { ServiceError } from './service-error.js';

type Settings = Settled<typeof recorderFields>;

interface OpenedState {
  profile: Profile;
  baseline: string;
  promise: StatePromise;
}

/** @throws coded errors as `Recorder.open` */
export async function openState(state: string, settings: Settings): Promise<OpenedState> {
  if (!(await isState(state))) await makeState(state, settings);
  const { profile } = await openMonitor(state);
  const { baseline_sha256: baseline, promise } = await readState(state);
  if (settings.baseline !== undefined) {
    const bytes = await readSmallFile(settings.baseline, MAX_PROFILE_BYTES, 'a profile');
    checkBaselineSame(settings.baseline, sha256Of(bytes), baseline);
  }
  checkPromise(state, promise, settings);
  return { profile, baseline, promise };
}

async function makeState(state: string, settings: Settings): Promise<void> {
  const { baseline, falseAlarmEvery, window, by, group, season, force, notify, notifyToken } = settings;
  if (baseline === undefined) {
    throw new ServiceError('RECORDER_BASELINE', `${state}: is no monitor yet, and no baseline is given`, {
      hint: 'Give the profile of a baseline: Recorder.open(state, { baseline: "profile.json" }).',
    });
  }
  const promise = { falseAlarmEvery, window, by, group, season };
  try {
    await initMonitor(state, baseline, { ...promise, force, notify, notifyToken });
  } catch (error) {
    // Another process was first.
    if (!(await isState(state))) throw error;
  }
}

/** What was asked, if it was, is what STATE promises. */
function checkPromise(state: string, { false_alarm_every, window, by, group, season }: StatePromise, asked: Settings) {
  const known = { falseAlarmEvery: false_alarm_every, window, by, group, season };
  for (const [name, value] of Object.entries(known)) {
    const given = asked[name as keyof typeof known];
    if (given === undefined || given === value) continue;
    throw new ServiceError('MONITOR_OTHER_PROMISE', `${state}: ${name} is ${value}, the recorder asks for ${given}`, {
      hint: 'A promise cannot be changed: leave the option out, or name another folder.',
    });
  }
}
