/** The assets as the build packs them (`scripts/build/assets.mjs`): deflated, in base64. */
export const READY: Readonly<Record<string, string>>;
export const LATER: Readonly<Record<string, () => Promise<{ default: string }>>>;
