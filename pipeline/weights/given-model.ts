import { type FetchModelOptions, fetchModel, isHubName } from '../../files/download/hub/index.js';

export interface GivenModel {
  path: string;
  /** As `convertCheckpoint` takes it. */
  describedIn: string | undefined;
  source: string | undefined;
  /** The commit on the Hub; null for a path. */
  commit: string | null;
}

export interface GivenModelOptions extends Pick<FetchModelOptions, 'onProgress' | 'onNotice' | 'offline' | 'pause'> {}

/** Downloads a model of the Hub; a path is taken unchecked. @throws DownloadError `HUB_…`, `DOWNLOAD_…`; FileError */
export async function givenModel(text: string, options: GivenModelOptions = {}): Promise<GivenModel> {
  if (!isHubName(text)) {
    return { path: text, describedIn: undefined, source: undefined, commit: null };
  }
  const { label, commit, folder, file, hasConfig } = await fetchModel(text, options);
  if (file !== null) return { path: file, describedIn: hasConfig ? folder : undefined, source: label, commit };
  const path = hasConfig ? folder : await onlyFile(folder);
  return { path, describedIn: undefined, source: label, commit };
}

/** A repository without `config.json` is its file with the tensors. */
async function onlyFile(folder: string): Promise<string> {
  // Only now: `inspect` looks at files that need no converter.
  const { weightsFileIn } = await import('../../convert/index.js');
  return (await weightsFileIn(folder)) ?? folder;
}
