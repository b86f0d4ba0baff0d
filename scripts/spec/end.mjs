/** What a spec's process writes after each file, to both of its outputs. */
export const END = '\0end of a spec\0';
