/** The stand-in of the Hugging Face Hub as a process, with small networks under the names that README.md shows. Prints its address. */
import { clipRepository, smallRepository, vitRepository } from '../../support/hub-model.js';
import { serveHub } from '../../support/hub-server.js';

const hub = await serveHub();
hub.push('timm/resnet50.a1_in1k', smallRepository());
hub.push('google/vit-base-patch16-224', vitRepository());
hub.push('openai/clip-vit-base-patch32', clipRepository());
console.log(hub.endpoint);
