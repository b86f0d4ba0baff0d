/** All items of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error of an async operation; throws an error if it succeeds. */
export async function rejection(
  work: () => Promise<unknown>,
): Promise<Error & { code?: string; hint?: string | null }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was expected to fail and did not.');
}
