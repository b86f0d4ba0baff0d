/** A process that ends as one does that V8 ends. */
process.abort();
