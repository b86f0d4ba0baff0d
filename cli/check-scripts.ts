/** The Python that writes the file for `convert --check`, by library: the user's own lines first; CPU, float32. */

export type CheckScript = keyof typeof CHECK_SCRIPTS;

const IMAGES = '**{f"image_{i}": np.asarray(image) for i, image in enumerate(images)}';

export const CHECK_SCRIPTS = {
  torch: `# Yours: model, preprocess (a PIL image to a [3, H, W] tensor), paths (at least 8 different photographs),
# and layer: the module whose output is the embedding, which convert prints.
import numpy as np, torch
from PIL import Image
images = [Image.open(path).convert("RGB") for path in paths]
inputs = torch.stack([preprocess(image) for image in images]).float().cpu()
outputs = []
model.eval().float().cpu().get_submodule(layer).register_forward_hook(lambda module, args, output: outputs.append(output))
with torch.no_grad():
    scores = model(inputs).softmax(1)  # one output for two classes, or several labels: .sigmoid()
np.savez("check.npz", inputs=inputs, embeddings=outputs[-1].flatten(1), scores=scores,
         ${IMAGES})
`,
  transformers: `# Yours: name (of the Hub, or a folder), paths (at least 8 different photographs).
# backend="pil" resizes as Pillow does (transformers 4: use_fast=False); torchvision's differs by 1 of 255.
import numpy as np, torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification
model = AutoModelForImageClassification.from_pretrained(name).eval().float().cpu()
images = [Image.open(path).convert("RGB") for path in paths]
inputs = AutoImageProcessor.from_pretrained(name, backend="pil")(images, return_tensors="pt")["pixel_values"]
outputs = []
model.classifier.register_forward_pre_hook(lambda module, args: outputs.append(args[0]))
with torch.no_grad():
    scores = model(inputs).logits.softmax(1)
np.savez("check.npz", inputs=inputs, embeddings=outputs[-1].flatten(1), scores=scores,
         ${IMAGES})
`,
  timm: `# Yours: model (timm.create_model, with its weights), paths (at least 8 different photographs).
import numpy as np, timm, torch
from PIL import Image
model.eval().float().cpu()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
images = [Image.open(path).convert("RGB") for path in paths]
inputs = torch.stack([transform(image) for image in images])
with torch.no_grad():
    features = model.forward_features(inputs)
    embeddings, scores = model.forward_head(features, pre_logits=True), model.forward_head(features).softmax(1)
np.savez("check.npz", inputs=inputs, embeddings=embeddings, scores=scores,
         ${IMAGES})
`,
  tensorflow: `# Yours: model (Keras, with a softmax at its end), preprocess (a PIL image to a [H, W, 3] array), paths (at least 8).
import numpy as np, tensorflow as tf
from PIL import Image
images = [Image.open(path).convert("RGB") for path in paths]
inputs = np.stack([preprocess(image) for image in images]).astype("float32")
both = tf.keras.Model(model.inputs, [model.layers[-1].input, model.output])
with tf.device("/CPU:0"):
    embeddings, scores = [output.numpy() for output in both(inputs, training=False)]
np.savez("check.npz", inputs=inputs.transpose(0, 3, 1, 2), embeddings=embeddings, scores=scores,
         ${IMAGES})
`,
} as const;
