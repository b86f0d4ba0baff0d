/** A process that ends as if V8 had ended it. */
process.abort();
