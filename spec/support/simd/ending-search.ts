/** A search for kernels that ends as on a Node whose V8 cannot bear a switch; without switches it is the real one. */
if (!process.argv.includes('--no-switches')) process.abort();
await import('../../../engine/backends/simd/trial/search-process.js');
