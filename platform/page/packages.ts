/** Packages that a page brings with it: a bundler finds one only where an import of it is written out. */

export interface OptionalPackage {
  name: string;
  version: string;
  root: string;
  main: string;
}

interface Brought {
  version: string;
  load(): Promise<unknown>;
}

const brought = new Map<string, Brought>();

/** @param load is called when the package is needed */
export function bringPackage(name: string, version: string, load: Brought['load']): void {
  brought.set(name, { version, load });
}

export function installedVersion(name: string): string | null {
  return brought.get(name)?.version ?? null;
}

export function findOptionalPackage(name: string): OptionalPackage | null {
  const version = installedVersion(name);
  return version === null ? null : { name, version, root: name, main: name };
}

/** Unlike in Node, there is a wait. @throws whatever the package throws */
export function loadOptionalPackage<T>({ name }: OptionalPackage): Promise<T> {
  return brought.get(name)!.load() as Promise<T>;
}

/** Nothing is there without a wait. */
export function requireOptional<T>(_name: string): T | null {
  return null;
}
