/** What experiment 4 sets against what: rules, attacks, and numbers of liars that the charter’s f is right or wrong about. */
export const ROBUST_RULES = ['trimmed-mean', 'median', 'multi-krum', 'geometric-median', 'nnm+trimmed-mean']
export const RULES = ['mean', ...ROBUST_RULES]
/** Attacks on what an update says; the others below are made of data. */
export const VALUE_ATTACKS = ['sign-flip', 'scale', 'alie', 'min-max']
export const BACKDOORS = ['backdoor', 'backdoor-scaled']
export const ATTACKS = [...VALUE_ATTACKS, 'label-flip', ...BACKDOORS]
export const NOBODY = 'none'

/** Liars, and the f of the charter: as many, too few, too many. */
export const CASES: readonly (readonly [liars: number, f: number])[] = [
  [1, 1],
  [3, 3],
  [2, 1],
  [3, 1],
  [1, 3],
]
export const LIARS_MAX = 3
