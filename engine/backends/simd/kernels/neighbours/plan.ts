/** Local response norms as calls. */
import { callShape } from '../../abi/call.js';
import { floatBits } from '../../abi/layout.js';
import { slow, viewWays } from '../../planning/emission.js';
import { baseWords, entriesOf, rowTable, stepOf } from '../../planning/strided.js';

/**
 * `output[row][c] = input[row][c]/(k + α/size·Σ input[row][neighbour]²)^β` over `size` neighbouring channels, of which
 * `size/2` come before, rounded down. `rowsAt`: a pair of int32 byte offsets, output and input, for each row. Channels
 * are `…Step` bytes apart. `alpha`, `beta` and `k` are float32. A unit is a row.
 */
export const NEIGHBOURS = callShape(
  'neighbours',
  'outputOffset inputOffset rowsAt rows channels outputStep inputStep size alpha beta k',
);

export const neighboursWays = viewWays(
  'neighbours',
  ({ node, size, alpha, beta, k }, { operands: [input], outputs: [output] }, { draft }) => {
    const last = output!.axes.length - 1;
    const axes = output!.axes.slice(0, last).map((axis, i) => [axis, input!.axes[i]!]);
    const rows = entriesOf(axes);
    draft.call(NEIGHBOURS, node, rows, {
      outputOffset: baseWords(output!).offset,
      inputOffset: baseWords(input!).offset,
      rowsAt: rowTable(draft, axes, 2),
      rows,
      channels: output!.axes[last]!.length,
      outputStep: stepOf(output!.axes[last]!)!,
      inputStep: stepOf(input!.axes[last]!)!,
      size,
      alpha: floatBits(alpha),
      beta: floatBits(beta),
      k: floatBits(k),
    });
    return slow('neighbours');
  },
);
