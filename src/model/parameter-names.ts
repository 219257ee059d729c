/** `classifier.weight` → `classifier`. */
export const moduleOf = (parameter: string): string =>
  parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')))
