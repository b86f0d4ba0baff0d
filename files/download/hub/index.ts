export { type FetchModelOptions, fetchModel, type HubModel } from './fetch-model.js';
export { type HubSettings, hubSettings, isHubName, parseHubName } from './hub-name.js';
export { blobOf } from './snapshot.js';
