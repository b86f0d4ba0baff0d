/** What Fiddler's own client was recorded to send, where the recordings are there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSharedRecordings } from '../../support/places.js';

export interface Recording {
  request: {
    method: string;
    path: string;
    query: Record<string, string>;
    body: Record<string, unknown>;
    multipart: { filename: string; content: Content }[];
  };
  response: { status: number; body: { data: Record<string, unknown> } };
}

export interface Content {
  rows: number;
  columns: { name: string }[];
  parquet_schema: string[];
  first_rows: Record<string, string>[];
}

/** Registers specs that need the recordings; says on stdout where they are skipped. */
export function withRecordings(name: string, register: (recording: (number: string) => Recording) => void): void {
  withSharedRecordings(name, (folder) => {
    register((number) => {
      const file = readdirSync(folder).find((found) => found.startsWith(`${number}-`));
      return JSON.parse(readFileSync(join(folder, file!), 'utf8')) as Recording;
    });
  });
}
