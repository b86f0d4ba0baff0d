/** The `filter` of a list: compact JSON in the query. An empty rule list means everything. */

export interface Rule {
  field: string;
  value: string;
}

/** Rules that must all hold, by equality, in the order given (the order of the wire). */
export function filterOf(...rules: Rule[]): readonly [name: string, value: string] {
  const equal = rules.map(({ field, value }) => ({ field, operator: 'equal', value }));
  return ['filter', JSON.stringify({ condition: 'AND', rules: equal })];
}
