/** Signing in a simulated world: with the member's own key, decoded from bytes as on a wire, noted for the checkers. */
import {
  type Bodies,
  codecOf,
  decodeMessage,
  encodeEnvelope,
  type Message,
  type MessageType,
} from '../agree/index.ts'
import type { MemberIndex } from '../core/order.ts'
import { signedBytesOf } from '../core/signature.ts'
import { toFactBody } from './history.ts'
import type { World } from './world.ts'

export function signBody<T extends MessageType>(
  world: World,
  member: MemberIndex,
  type: T,
  body: Bodies[T],
): Message {
  const message = signBytes(world, member, type, codecOf(type).encode(body))
  noteSigned(world, message)
  return message
}

/** Signs a body's canonical bytes. */
export function signBytes(world: World, member: MemberIndex, type: MessageType, body: Uint8Array): Message {
  const signer = world.keys.signers[member]
  if (signer === undefined) throw new RangeError(`no member ${member}`)
  const signature = signer.sign(signedBytesOf(type, body))
  // As on a wire: what peers get is decoded from bytes.
  const opened = decodeMessage(encodeEnvelope({ type, body, signature }))
  if (!opened.ok) throw new TypeError(`a ${type} does not decode: ${opened.fault.code}`)
  return opened.message
}

/** Notes that a body is signed, once, when it may be seen by others. */
export function noteSigned(world: World, message: Message): void {
  const known = world.noted.get(message.slot)
  if (known?.has(message.key) === true) return
  world.noted.set(message.slot, (known ?? new Set<string>()).add(message.key))
  world.history.signed.push({
    order: world.nextOrder(),
    member: message.member,
    type: message.type,
    slot: message.slot,
    digest: message.key,
    body: toFactBody(message.body),
  })
}
