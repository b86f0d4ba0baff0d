/** One value of a sorted list, without sorting it all (C. A. R. Hoare, "Algorithm 65: Find", Communications of the ACM 4, 1961). */

/**
 * The value that is at a place once the values are in ascending order. Those before the place are then not larger, and those
 * behind it not smaller.
 *
 * @param values reordered in place; NaN not allowed
 * @param place whole number from 0, below the number of values
 */
export function valueAt(values: Float64Array, place: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
