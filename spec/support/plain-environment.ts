/** For processes whose stderr must be empty: Node warns if both are set, as the runner of the specs and CI do. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
  return env;
}
