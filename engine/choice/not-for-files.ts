import { type GraphError, onnxFileOnly } from '../../graph/index.js';
import { engineOfFiles } from '../backends/registry.js';

/** What an engine says that is asked for an ONNX file that runs as it is. */
export function notForFiles(engine: string): GraphError {
  const { name, howToInstall } = engineOfFiles();
  const needs = howToInstall === null ? '' : ` It needs: ${howToInstall}`;
  return onnxFileOnly(`backend ${engine}`, `Use --backend ${name}.${needs}`);
}
