/** The stand-in of the Hugging Face Hub as a process, with small networks under the names that README.md shows. Prints its address. */
import { smallHub, smallRepository } from '../../support/hub-model.js';
import { serveHub } from '../../support/hub-server.js';

const hub = await serveHub();
hub.push('timm/resnet50.a1_in1k', smallRepository());
hub.push('google/vit-base-patch16-224', smallHub('vit'));
hub.push('openai/clip-vit-base-patch32', smallHub('clip'));
console.log(hub.endpoint);
