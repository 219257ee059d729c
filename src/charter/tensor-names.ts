/** Names of tensors that updates and aggregates share, as the charter's layout gives them. */

/** A dense part's tensor: in an update the change of the parameter, in an aggregate the combined change. */
export function denseName(part: string): string {
  return `${part}.dense`
}

/** A module's Fisher diagonal by its sums over columns, one a row, and over rows, one a column. */
export function diagonalNames(module: string): { readonly rows: string; readonly columns: string } {
  return { rows: `${module}.fisher_rows`, columns: `${module}.fisher_columns` }
}

/** The Fisher diagonal of a part that is trained whole. */
export function partDiagonalName(part: string): string {
  return `${part}.fisher`
}
