export { downloadFolder } from './cache-folder.js';
export { type Downloaded, type DownloadOptions, download, isRight, type RemoteFile } from './download.js';
export { DownloadError } from './download-error.js';
export { Fetcher, type FetcherOptions } from './fetch-bytes.js';
export { sha256OfFile } from './hash-file.js';
export { refuseImpostor } from './impostor.js';
