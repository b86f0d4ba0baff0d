/** Environments of processes that specs start. */

/** For processes whose stderr must be empty: Node warns if both are set, as the runner of the specs and CI do. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
  return env;
}

/** Without Vulkan's drivers `doctor` does not measure a GPU that software emulates, which takes half a minute. */
export const noVulkan = { VK_DRIVER_FILES: '/nowhere' };
