/** A kernel search that ends as on a Node whose V8 crashes on a switch. Without switches it is the real search. */
if (!process.argv.includes('--no-switches')) process.abort();
await import('../../../engine/backends/simd/trial/search-process.js');
