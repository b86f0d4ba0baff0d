/**
 * What a spec's process writes after each file, to both of its outputs: the record separator of ASCII. It is one byte, so it
 * arrives whole.
 */
export const END = '\x1e';
