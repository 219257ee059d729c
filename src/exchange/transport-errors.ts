/** Faults of the libp2p transport in words: what the system and libp2p say, and what to do about it. */
import { messageOf } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import { transportError } from './transport.ts'

export const turnedAway = (member: MemberIndex): Error =>
  transportError(
    { code: 'TURNED_AWAY', member },
    `member ${member} ended the connection once it saw who I am`,
    { hint: 'Its node has a charter without this key: both need the same one.' },
  )

export function listenFailed(addresses: readonly string[], cause: unknown): Error {
  const address = addresses.join(', ')
  // libp2p lists every address with its error's stack, and advice on its own settings; the system's reason is one line.
  const text = messageOf(cause)
  const reason = /\blisten (E[A-Z]+: .*)/.exec(text)?.[1] ?? text.split('\n', 1)[0] ?? text
  return transportError(
    { code: 'LISTEN_FAILED', address, reason },
    `cannot listen on ${address}: ${reason}`,
    {
      cause,
      hint: 'The port is in use by another program, or the address is not this machine’s; choose another.',
    },
  )
}
