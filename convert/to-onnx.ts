/** The lines of Python that export a network to ONNX, for what is not converted from its tensors. */

/** Where no file says the side of the images. */
const USUAL_SIDE = 224;

/** A network of one's own. They run with torch 2.5 and later, and with onnxscript. */
export const EXPORT_OWN: readonly string[] = exportLines('import torch; model.eval()', USUAL_SIDE);

/**
 * A model as `save_pretrained` of transformers writes it.
 *
 * @param className a class of transformers; another one that a file names is not printed
 * @param side of the images, pixels
 */
export function exportTransformers(className: string, folder: string, side = USUAL_SIDE): readonly string[] {
  const name = /^\w{1,100}$/.test(className) ? className : 'AutoModel';
  return exportLines(
    `import torch, transformers; model = transformers.${name}.from_pretrained(${JSON.stringify(folder)}).eval()`,
    side,
  );
}

function exportLines(first: string, side: number): string[] {
  return [first, `torch.onnx.export(model, (torch.randn(1, 3, ${side}, ${side}),), "model.onnx", dynamo=True)`];
}
