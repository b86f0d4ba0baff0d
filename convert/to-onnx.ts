/** The lines of Python that export a network to ONNX, for what is not converted from its tensors. */

/** What is done with such lines. */
export const EXPORT_HINT = 'Export the network to ONNX with these two lines of Python, and convert model.onnx.';

/** Where no file says the side of the images. */
const USUAL_SIDE = 224;

/** A network of one's own. They run with torch 2.5 and later, and with onnxscript. */
export const EXPORT_OWN: readonly string[] = exportLines('import torch; model.eval()', USUAL_SIDE);

/**
 * A model as `save_pretrained` of transformers writes it. Attention is the plain one: PyTorch's own is not exported for networks with
 * relative positions.
 *
 * @param className a class of transformers; another one that a file names is not printed
 * @param side of the images, pixels
 */
export function exportTransformers(className: string, folder: string, side = USUAL_SIDE): readonly string[] {
  const name = /^\w{1,100}$/.test(className) ? className : 'AutoModel';
  return exportLines(
    `import torch, transformers; model = transformers.${name}.from_pretrained(${JSON.stringify(folder)}, attn_implementation="eager").eval()`,
    side,
  );
}

/** A network of timm. @param made what `timm.create_model` is given */
export function exportTimm(made: string): readonly string[] {
  const first = `import timm, torch; model = timm.create_model(${made}).eval()`;
  return [
    first,
    'torch.onnx.export(model, (torch.randn(1, *model.pretrained_cfg["input_size"]),), "model.onnx", dynamo=True)',
  ];
}

function exportLines(first: string, side: number): string[] {
  return [first, `torch.onnx.export(model, (torch.randn(1, 3, ${side}, ${side}),), "model.onnx", dynamo=True)`];
}
