/**
 * From a relayed connection to a direct one: `/oneround/punch/1`, between two members of which neither takes connections.
 *
 * The one with the lower index opens a stream over the relay and sends the addresses that others see it dial from; the other
 * answers with its own. Then the first says "go", waits half of the round trip that it has just measured, and both dial at
 * once, each from the port that its router knows already: either packet makes the hole that the other comes through.
 * Who can be dialled plainly (its router has opened a port) is dialled plainly.
 * In: members that are reached through a relay. Out: a direct connection, or none, and then another try later, ever more seldom.
 * Invariants: public addresses of the member itself only, so few and so seldom that nobody can be made to flood a third party;
 * who answers proves the member's key as always.
 * Source: docs/PROTOCOL.md §10.12; libp2p DCUtR specification; Ford, Srisuresh and Kegel 2005, § 4. libp2p's own service for it loses on the way
 * which of the two sides answers, so that both begin the handshake and neither understands the other.
 */
import * as v from 'valibot'
import { type Codec, defineCodec, textSchema } from '../core/canonical.ts'
import { messageOf } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Clock, Log, Rng } from '../core/ports.ts'
import { publicTcpAddress } from './reach.ts'
import { spread } from './redial.ts'
import { pause, withDeadline } from './timers.ts'
import { type FrameStream, type StreamProtocol, type Transport, violation } from './transport.ts'

export const PUNCH_PROTOCOL = '/oneround/punch/1'
const ADDRESS_COUNT_MAX = 2
const MESSAGE_SIZE_BYTES_MAX = 512
const ANSWER_TIMEOUT_MS = 5_000
/** How long both dial: longer than the system waits before it sends a first packet again, twice. */
const DIAL_MS = 5_000
const FIRST_PAUSE_MS = 1_000
const PAUSE_MS_MAX = 600_000
/** A member may have us dial its addresses this often. */
const SERVE_PAUSE_MS = 500

const addressesSchema = v.pipe(v.array(textSchema(64)), v.maxLength(ADDRESS_COUNT_MAX))
const messageSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('addresses'),
    /** Where somebody listens: a port that the router has opened. */
    open: addressesSchema,
    /** Where my router lets in whom I dial. */
    punched: addressesSchema,
  }),
  v.strictObject({ kind: v.literal('go') }),
])
export type PunchMessage = v.InferOutput<typeof messageSchema>
export const punchCodec: Codec<PunchMessage> = defineCodec('punch', MESSAGE_SIZE_BYTES_MAX, messageSchema)

export interface PublicAddresses {
  readonly open: readonly string[]
  readonly punched: readonly string[]
}

export interface HolePuncherOptions {
  readonly me: MemberIndex
  readonly open: Transport['open']
  readonly isRelayed: (member: MemberIndex) => boolean
  readonly mine: () => PublicAddresses
  /** Dials one of these until a connection stands. `begins`: whether my side begins the handshake; null: nobody dials me at the same time. */
  readonly dial: (
    member: MemberIndex,
    addresses: readonly string[],
    begins: boolean | null,
    signal: AbortSignal,
  ) => Promise<void>
  readonly modules: { readonly log: Log; readonly rng: Rng; readonly clock: Clock }
  readonly signal: AbortSignal
}

export interface HolePuncher {
  readonly protocol: StreamProtocol
  /** A member is reached through a relay now. */
  readonly noteRelayed: (member: MemberIndex) => void
}

export function createHolePuncher(options: HolePuncherOptions): HolePuncher {
  const { me, modules, signal, isRelayed } = options
  const busy = new Set<MemberIndex>()
  const lastServedMs = new Map<MemberIndex, number>()
  const keepTrying = async (member: MemberIndex): Promise<void> => {
    // The first pause lets both say what they speak.
    for (let ms = FIRST_PAUSE_MS; ; ms = Math.min(PAUSE_MS_MAX, 4 * ms)) {
      await pause(spread(ms, modules.rng), signal)
      if (signal.aborted || !isRelayed(member)) return
      try {
        await begin(member, options)
      } catch (error) {
        modules.log.debug('no hole was punched', { member, reason: messageOf(error) })
      }
    }
  }
  return {
    protocol: {
      id: PUNCH_PROTOCOL,
      serve: async (stream, streamSignal) => {
        const { member } = stream
        const nowMs = modules.clock.now()
        // [REJECT] §10.12 Nobody makes us dial all the time, nor while we do already.
        if (busy.has(member) || nowMs - (lastServedMs.get(member) ?? 0) < SERVE_PAUSE_MS)
          throw violation(member, 'asks to be dialled too often')
        busy.add(member)
        try {
          await answer(stream, options, streamSignal)
        } finally {
          busy.delete(member)
          lastServedMs.set(member, modules.clock.now())
        }
      },
    },
    noteRelayed: (member) => {
      // Of two members one begins.
      if (me > member || busy.has(member)) return
      busy.add(member)
      void keepTrying(member).finally(() => busy.delete(member))
    },
  }
}

/** As the one that began. @throws whatever kept a direct connection from being made */
async function begin(member: MemberIndex, options: HolePuncherOptions): Promise<void> {
  const { signal: outer, mine, modules } = options
  const stream = await withDeadline(ANSWER_TIMEOUT_MS, outer, (signal) =>
    options.open(member, PUNCH_PROTOCOL, { bufferSizeBytesMax: 4 * MESSAGE_SIZE_BYTES_MAX, signal }),
  )
  try {
    const startMs = modules.clock.now()
    await send(stream, { kind: 'addresses', ...clip(mine()) }, outer)
    const theirs = await receive(stream, 'addresses', outer)
    const roundTripMs = modules.clock.now() - startMs
    await send(stream, { kind: 'go' }, outer)
    await pause(roundTripMs / 2, outer)
    await dialBoth(member, theirs, true, options)
  } finally {
    stream.abort()
  }
}

/** As the one that was asked. */
async function answer(stream: FrameStream, options: HolePuncherOptions, outer: AbortSignal): Promise<void> {
  const theirs = await receive(stream, 'addresses', outer)
  await send(stream, { kind: 'addresses', ...clip(options.mine()) }, outer)
  await receive(stream, 'go', outer)
  await dialBoth(stream.member, theirs, false, options)
}

/** One of two that can be dialled plainly is; two that cannot dial each other at once. */
async function dialBoth(
  member: MemberIndex,
  theirs: PublicAddresses,
  begins: boolean,
  { isRelayed, mine, dial, signal }: HolePuncherOptions,
): Promise<void> {
  if (!isRelayed(member)) return
  const ours = mine()
  // [REJECT] §10.12 Nobody makes us dial into networks that only we can see.
  const [open, punched] = [theirs.open, theirs.punched].map((each) => each.filter(isPublic)) as [
    string[],
    string[],
  ]
  await withDeadline(DIAL_MS, signal, async (deadline) => {
    if (open.length > 0) return dial(member, open, null, deadline)
    // It dials us.
    if (ours.open.length > 0) return undefined
    if (punched.length === 0 || ours.punched.length === 0) return undefined
    return dial(member, punched, begins, deadline)
  })
}

const isPublic = (address: string): boolean => publicTcpAddress(address) === address
const clip = ({
  open,
  punched,
}: PublicAddresses): PublicAddresses & { open: string[]; punched: string[] } => ({
  open: open.slice(0, ADDRESS_COUNT_MAX),
  // The newest: where a router has another address now, the old one is no use.
  punched: punched.slice(-ADDRESS_COUNT_MAX),
})

const send = (stream: FrameStream, message: PunchMessage, outer: AbortSignal): Promise<void> =>
  withDeadline(ANSWER_TIMEOUT_MS, outer, (signal) => stream.send(punchCodec.encode(message), signal))

async function receive<K extends PunchMessage['kind']>(
  stream: FrameStream,
  kind: K,
  outer: AbortSignal,
): Promise<Extract<PunchMessage, { kind: K }>> {
  const frame = await withDeadline(ANSWER_TIMEOUT_MS, outer, (signal) =>
    stream.receive(MESSAGE_SIZE_BYTES_MAX, signal),
  )
  const decoded = frame === null ? null : punchCodec.decode(frame)
  const message = decoded?.ok === true ? decoded.value : null
  if (message === null || !isOf(message, kind))
    throw violation(stream.member, `expected ${kind} to punch a hole`)
  return message
}

const isOf = <K extends PunchMessage['kind']>(
  message: PunchMessage,
  kind: K,
): message is Extract<PunchMessage, { kind: K }> => message.kind === kind
