export { type Checksum, downloadFolder, refuseImpostor } from './checksum.js';
export { type Downloaded, type DownloadOptions, download, isRight, type RemoteFile } from './download.js';
export { DownloadError } from './download-error.js';
export { ObjectStore } from './remote/object-store.js';
export { type RemoteOptions, RemoteStore } from './remote/remote-store.js';
export { isS3Url, type ObjectName } from './s3/buckets.js';
export type { Upload } from './s3/writing.js';
