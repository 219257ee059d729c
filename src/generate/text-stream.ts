/**
 * Ids, one by one → text, piece by piece. In: a tokenizer's decoding and the texts that end an answer. Out: text that is
 * final: no piece is ever taken back, none ends inside a character, none holds a stop text or its beginning. Pure.
 *
 * A character's bytes may be spread over tokens: what decodes to an unfinished character (U+FFFD at the end) is held
 * back. Decoders treat a text's first token differently (its space), so each token is decoded behind those before it.
 */

/** A UTF-8 character has 4 bytes: more tokens than that cannot be waiting for one. */
const HELD_TOKEN_COUNT_MAX = 4
const UNFINISHED = /\uFFFD+$/

export interface TextStream {
  /** @returns text that is final now, possibly empty */
  readonly push: (id: number) => string
  /** What was held back. */
  readonly end: () => string
  /** Whether a stop text has come; nothing more is given out then. */
  readonly isStopped: () => boolean
}

/**
 * @param stop — texts that end the text
 * @param before — the last ids of what the text continues; their text is not given out
 */
export function createTextStream(
  decode: (ids: readonly number[]) => string,
  stop: readonly string[] = [],
  before: readonly number[] = [],
): TextStream {
  /** Tokens that give the decoder its context, those behind them, and how many of their characters are out. */
  let context: readonly number[] = before
  let pending: number[] = []
  let givenLength = 0
  /** Tokens since the last character. */
  let heldCount = 0
  const stopper = createStopper(stop)
  const pendingText = (): string => decode([...context, ...pending]).slice(decode(context).length)
  const give = (text: string, isWhole: boolean): string => {
    const news = text.slice(givenLength)
    givenLength = isWhole ? 0 : Math.max(givenLength, text.length)
    heldCount = isWhole || news !== '' ? 0 : heldCount + 1
    if (isWhole) {
      context = pending
      pending = []
    }
    return news
  }
  return {
    push: (id) => {
      pending.push(id)
      const text = pendingText()
      const finished = text.replace(UNFINISHED, '')
      const isStuck = finished.length <= givenLength && heldCount >= HELD_TOKEN_COUNT_MAX - 1
      const isWhole = finished === text || isStuck
      return stopper.push(give(isWhole ? text : finished, isWhole))
    },
    end: () => (pending.length === 0 ? '' : stopper.push(give(pendingText(), true))) + stopper.end(),
    isStopped: stopper.isStopped,
  }
}

/** Passes text on up to the first stop text, and holds back what may be the beginning of one. */
function createStopper(
  stop: readonly string[],
): Omit<TextStream, 'push'> & { push: (text: string) => string } {
  let held = ''
  let isStopped = false
  return {
    push: (text) => {
      if (isStopped) return ''
      const all = held + text
      const found = stop.map((each) => all.indexOf(each)).filter((at) => at >= 0)
      isStopped = found.length > 0
      const end = isStopped ? Math.min(...found) : all.length - beginningLength(all, stop)
      held = isStopped ? '' : all.slice(end)
      return all.slice(0, end)
    },
    end: () => {
      const rest = held
      held = ''
      return rest
    },
    isStopped: () => isStopped,
  }
}

/** How much of a text's end is the beginning of a stop text. */
function beginningLength(text: string, stop: readonly string[]): number {
  let longest = 0
  for (const each of stop) {
    for (let length = Math.min(each.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(each.slice(0, length))) longest = length
    }
  }
  return longest
}
