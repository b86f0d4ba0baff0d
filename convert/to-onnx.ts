/** Lines of Python that export a network to ONNX, where its tensors are not enough or its size is another. */
import { ConvertError } from './convert-error.js';

/** What is done with such lines. */
export const EXPORT_HINT = 'Export the network to ONNX with these two lines of Python, and convert model.onnx.';

/** Where no file says the side of the images. */
const USUAL_SIDE = 224;

/** A network of one's own. They run with torch 2.5 and later, and with onnxscript. */
export const EXPORT_OWN: readonly string[] = exportLines('import torch; model.eval()');

/**
 * A model by `save_pretrained` of transformers. PyTorch's own attention is not exported with relative positions.
 * @param className a class of transformers; another one that a file names is not printed
 */
export function exportTransformers(className: string, folder: string, size?: readonly [number, number]) {
  const name = /^\w{1,100}$/.test(className) ? className : 'AutoModel';
  return exportLines(
    `import torch, transformers; model = transformers.${name}.from_pretrained(${JSON.stringify(folder)}, attn_implementation="eager").eval()`,
    size,
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

function exportLines(first: string, size: readonly [number, number] = [USUAL_SIDE, USUAL_SIDE]): string[] {
  return [first, `torch.onnx.export(model, (${sample(size)},), "model.onnx", dynamo=True)`];
}

function sample([height, width]: readonly [number, number]): string {
  return `torch.randn(1, 3, ${height}, ${width})`;
}

/**
 * The error `ONNX_SIZE` where another size is asked for than the network's own.
 * @param producer what wrote the file, as it says @param own `[height, width]`; null: any side
 */
export function otherSize(
  { label, producer }: { label: string; producer: string },
  own: readonly (number | null)[],
  wanted: readonly [number, number] | null,
) {
  const taken = own.map((side) => side ?? 'any').join('×');
  const asked = wanted === null ? 'any size is' : `${wanted.join('×')} are`;
  const sides =
    producer === 'pytorch' ? sample : ([height, width]: readonly [number, number]) => `images of ${height}×${width}`;
  const again = wanted === null ? '' : `Export it again with ${sides(wanted)}, or prepare images for its own size: `;
  return new ConvertError('ONNX_SIZE', `${label}: the network takes images of ${taken} only, ${asked} asked for`, {
    hint: `${again}--size HEIGHTxWIDTH with --resize and --crop as its program has them.`,
  });
}
