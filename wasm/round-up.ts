/** The smallest multiple that is not below a value. @param value 0 or more */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
