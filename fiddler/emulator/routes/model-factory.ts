/** Infers a schema from an uploaded sample. */
import { z } from 'zod';
import { normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { readSample } from '../ingest/sample.js';
import { dataFile, named } from '../jobs/job-work.js';
import { inferModel } from '../model/infer-model.js';
import { Spec } from '../model/model-body.js';
import type { Routes } from './context.js';

const Request = z.object({
  file_id: z.string(),
  spec: Spec.nullish(),
  max_cardinality: z.number().int().min(1).max(100_000).default(1_000),
  sample_size: z.number().int().min(10_000).max(100_000).default(10_000),
});

export const modelFactoryRoutes: Routes = (api, { store, seed }) => {
  api.post('/v3/model-factory', async (request) => {
    const { file_id, spec, max_cardinality, sample_size } = parsed(Request, request.body);
    const { path, format } = dataFile(store, file_id);
    const sample = await named(path, () => readSample(path, format, sample_size));
    return normal(inferModel(sample, { spec: spec ?? null, maxCardinality: max_cardinality, seed }));
  });
};
