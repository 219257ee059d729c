/**
 * Why a member cannot be reached, in one word out of a few: from the error of the last dial, whatever libp2p and the system
 * wrapped it in. In: an error. Out: what an operator can do something about.
 */

export type UnreachableReason =
  /** Nobody told its address, and nobody relays to it. */
  | 'no-address'
  /** The machine answers, nothing listens on that port. */
  | 'refused'
  /** Nothing answers: it is off, or a firewall drops what comes. */
  | 'timeout'
  /** There is no way to that machine: a wrong address, or no network here. */
  | 'no-route'
  /** Somebody else's key answered at its address. */
  | 'other-key'
  /**
   * The connection was made and ended before anybody proved a key: what a node with another network key, or with one
   * where I have none, does.
   */
  | 'hung-up'
  /** Its node answered with its key and ended the connection: it does not know ours. */
  | 'turned-away'
  /** The proxy that everything goes through does not answer. */
  | 'no-proxy'
  /** The proxy answers and does not connect us. */
  | 'proxy-refused'
  /** Connected, but its program speaks another version: nothing can be exchanged. */
  | 'other-version'
  | 'failed'

const WORDS: readonly (readonly [UnreachableReason, RegExp])[] = [
  ['turned-away', /TURNED_AWAY/],
  ['no-proxy', /PROXY_UNREACHABLE/],
  ['proxy-refused', /PROXY_REFUSED/],
  ['other-key', /UnexpectedPeer|does not match expected remote identity|denied|gater/i],
  ['refused', /ECONNREFUSED/],
  ['no-route', /EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|NoValidAddresses/],
  ['timeout', /ETIMEDOUT|TimeoutError|timed out|nothing came for/i],
  [
    'hung-up',
    /ECONNRESET|EPIPE|EncryptionFailed|UnexpectedEOF|stream (?:was )?(?:closed|reset|ended)|StreamReset|StreamClosed|Invalid (?:length|nonce|chunk)|decrypt/i,
  ],
]
/** Errors within errors are looked at this deep. */
const DEPTH_MAX = 4

function textsOf(error: unknown, depth: number): readonly string[] {
  if (!(error instanceof Error) || depth === 0) return [String(error)]
  const inner: readonly unknown[] = [
    ...(error instanceof AggregateError ? error.errors : []),
    ...(error.cause === undefined ? [] : [error.cause]),
  ]
  const code = 'code' in error ? String(error.code) : ''
  return [`${error.name} ${code} ${error.message}`, ...inner.flatMap((each) => textsOf(each, depth - 1))]
}

/** The first of the reasons above that the error shows; of several addresses the one that came furthest. */
export function unreachableReason(error: unknown): UnreachableReason {
  const text = textsOf(error, DEPTH_MAX).join('\n')
  return WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failed'
}
