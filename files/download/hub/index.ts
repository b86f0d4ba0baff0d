export { type FetchModelOptions, fetchModel, type HubModel } from './fetch-model.js';
export { blobOf } from './hub-cache.js';
export { isHubName, parseHubName } from './hub-name.js';
export { type HubSettings, hubSettings } from './hub-settings.js';
