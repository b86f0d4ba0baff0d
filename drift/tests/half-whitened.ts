/**
 * Coordinates as MMD compares them: each is divided by the square root of its standard deviation, halfway between the plain
 * embedding and a whitened one.
 */
import type { Matrix, Matrix64 } from '../linear/matrix.js';

/** @param variances of the columns; one without variance stays as it is */
export function halfWhitened({ rows, columns, data }: Matrix, variances: Float64Array): Matrix64 {
  const scales = variances.map((variance) => (variance > 0 ? variance ** -0.25 : 1));
  const result = new Float64Array(data.length);
  for (let i = 0; i < result.length; i++) result[i] = data[i]! * scales[i % columns]!;
  return { rows, columns, data: result };
}
