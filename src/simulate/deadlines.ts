/** Deadlines of every simulated world's one round, in virtual milliseconds. Late cuts are each world's own. */
export const COMMIT_AT_MS = 5_000
export const CUT_AT_MS = 15_000
export const FINAL_AT_MS = 25_000
