/** Flags of Node for a thread that runs a file. */

/** Says what kind of program follows in `--eval` or on standard input. */
const OF_TEXT = '--input-type';

/**
 * A thread takes over the flags of its process, and ends with an error where they say that a program comes as text: in
 * `node --input-type=module --eval …`. Then it gets none; those of NODE_OPTIONS it has in any case.
 *
 * @param flags those of this process
 */
export function threadFlags(flags: readonly string[] = process.execArgv): { execArgv?: string[] } {
  return flags.some((flag) => flag === OF_TEXT || flag.startsWith(`${OF_TEXT}=`)) ? { execArgv: [] } : {};
}
