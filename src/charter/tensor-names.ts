/** Names of tensors that updates and aggregates share, as the charter's layout gives them. */

/** A dense part's tensor: in an update the change of the parameter, in an aggregate the combined change. */
export function denseName(part: string): string {
  return `${part}.dense`
}
