/** The names of the engines, for code that needs no engine: help texts and the parsing of flags. */
export { BACKEND_NAMES, type BackendName, ENGINE_NAMES, type EngineName } from './registry.js';
