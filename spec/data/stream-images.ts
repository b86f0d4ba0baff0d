/** Run as a process of its own by streaming.spec.ts: reads every image of a file, prints the peak of its memory. */
import { openImages } from '../../data/index.js';
import { peakMegabytes } from '../support/peak-memory.js';

const set = await openImages(process.argv[2]!, { labels: null });
let images = 0;
for await (const { rows } of set.batches(256)) images += rows;
await set.close();
console.log(JSON.stringify({ images, peakBytes: peakMegabytes() * 1024 * 1024 }));
