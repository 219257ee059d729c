/** What the world offers, as interfaces: the pure parts get these and nothing else. */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
}

/** Random bytes: from the system in a node, from a seed in a simulation. */
export interface Rng {
  readonly bytes: (length: number) => Uint8Array
}

/** One event of long work, for bars and `--json` listeners. Watching only: nothing may depend on it. */
export interface Progress {
  /** What is being counted: 'step', 'byte', 'tensor', … */
  readonly unit: string
  readonly done: number
  readonly total: number
  /** Short text shown beside the bar, such as the current loss. */
  readonly note?: string
}

export type OnProgress = (progress: Progress) => void

/** Structured log: a constant message and fields. Peer-controlled text never at `info` or above; keys and data never. */
export interface Log {
  readonly debug: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}
