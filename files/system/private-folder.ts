import { mkdir } from 'node:fs/promises';

/** Rights of what is kept for one user: embeddings, images and weights that were converted may be nobody else's to read. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** Makes a folder, and those above it that are missing, for this user alone. One that is there may be shared on purpose, and stays so. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}
