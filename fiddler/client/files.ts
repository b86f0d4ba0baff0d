import type { Sender } from './request.js';
import type { FiddlerFile } from './schemas/file.js';
import { type UploadOptions, uploadFile } from './upload.js';
import type { UploadSource } from './upload-source.js';

export class Files {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /**
   * Uploads a file: one POST below 100 MiB, parts from 100 MiB. After a lost answer it repeats the request. A second
   * copy on the server does no harm, because nothing refers to it.
   * @throws FiddlerError `FILE_TOO_LARGE`, `FILE_UNREADABLE`, `FILE_CHANGED` (during the upload), `UPLOAD_MISMATCH` (the
   *   resume is of a file of another size), `FILE_EMPTY`
   */
  upload(source: UploadSource, options: UploadOptions): Promise<FiddlerFile> {
    return uploadFile(this.#sender, source, options);
  }
}
