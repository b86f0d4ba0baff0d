/** The stand-in of the Hugging Face Hub as a process, with a small network under the name that README.md shows. Prints its address. */
import { smallRepository } from '../../support/hub-model.js';
import { serveHub } from '../../support/hub-server.js';

const hub = await serveHub();
hub.push('timm/resnet50.a1_in1k', smallRepository());
console.log(hub.endpoint);
