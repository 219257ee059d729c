/**
 * Tells people what happens: one event at a time to listeners and into `events.jsonl`, and the status document whenever
 * something changed. Nothing in here decides anything; a listener or a disk that fails is logged and otherwise ignored.
 */
import type { Certificate } from '../agree/certificate.ts'
import type { Message } from '../agree/envelope.ts'
import { type Phase, phaseOf } from '../agree/report.ts'
import type { State } from '../agree/state.ts'
import type { AdmissionResult, Alarm, Effect, Params } from '../agree/types.ts'
import { toHex } from '../core/bytes.ts'
import { assertNever, messageOf } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { ExchangeEvent } from '../exchange/interface.ts'
import type { NodeEvent, OnNodeEvent } from './events.ts'
import type { AggregationReport } from './describe-use.ts'
import type { RoundFolder } from './round-folder.ts'

/** Progress of receiving is told at most once a step of this size. */
const RECEIVING_STEPS = 20

export interface RoundReporterModules {
  readonly clock: Clock
  readonly log: Log
  readonly onEvent: OnNodeEvent
  /** Asks for the status document to be written soon. */
  readonly onChanged: () => void
}

export class RoundReporter {
  readonly #params: Params
  readonly #modules: RoundReporterModules
  readonly #received = new Map<MemberIndex, number>()
  readonly #warnings = new Map<string, string>()
  #phase: Phase | null = null
  #isSkewed = false

  constructor(params: Params, modules: RoundReporterModules) {
    this.#params = params
    this.#modules = modules
  }

  /** What the operator should look at, as it is now. */
  get warnings(): readonly string[] {
    return [...this.#warnings.values()]
  }

  #warn(key: string, event: Extract<NodeEvent, { type: 'alarm' }>): void {
    this.#modules.log.warn(`warning: ${event.code}`, { text: event.text })
    this.#warnings.set(key, event.text)
    this.event(event)
  }

  event(event: NodeEvent): void {
    const { clock, log, onEvent, onChanged } = this.#modules
    try {
      onEvent({ ...event, atMs: clock.now() })
    } catch (error) {
      log.error('a listener of node events failed', { type: event.type, error: messageOf(error) })
    }
    onChanged()
  }

  changed(): void {
    this.#modules.onChanged()
  }

  /** Tells of a new phase, if the state is in one. */
  phaseAt(state: State): void {
    const phase = phaseOf(state, this.#params)
    if (phase === this.#phase) return
    this.#phase = phase
    this.event({ type: 'phase', phase })
  }

  signed(message: Message): void {
    this.event({ type: 'signed', object: message.type, slot: message.slot, ...this.#aboutOf(message) })
  }

  object(message: Message): void {
    const member = this.#nameOf(message.member)
    this.event({ type: 'object', object: message.type, member, ...this.#aboutOf(message) })
  }

  connected(member: MemberIndex): void {
    this.event({ type: 'connected', member: this.#nameOf(member) })
  }

  disconnected(member: MemberIndex): void {
    this.event({ type: 'disconnected', member: this.#nameOf(member) })
  }

  receiving(member: MemberIndex, doneBytes: number, totalBytes: number): void {
    const stepNow = Math.floor((RECEIVING_STEPS * doneBytes) / Math.max(1, totalBytes))
    if (this.#received.get(member) === stepNow) return
    this.#received.set(member, stepNow)
    this.event({ type: 'receiving', member: this.#nameOf(member), doneBytes, totalBytes })
  }

  stored(member: MemberIndex, result: AdmissionResult): void {
    const fault = result.kind === 'refused' ? result.fault : null
    this.event({ type: 'stored', member: this.#nameOf(member), fault })
  }

  evidence(member: MemberIndex, slot: string): void {
    this.event({ type: 'evidence', member: this.#nameOf(member), slot })
  }

  decided({
    decision,
    digest,
    isUndecided,
    isUnchanged,
    missing,
  }: Extract<Effect, { kind: 'decided' }>): void {
    this.event({
      type: 'decided',
      cut: decision.cut,
      decision: toHex(digest),
      updates: decision.updates.map(({ member }) => this.#nameOf(member)),
      excluded: decision.excluded.map((member) => this.#nameOf(member)),
      missing: missing.map((member) => this.#nameOf(member)),
      isUndecided,
      isUnchanged,
    })
  }

  aggregated({ aggregate, rule, leftOut }: AggregationReport, cut: number): void {
    this.event({ type: 'aggregated', cut, aggregate, rule, leftOut })
  }

  certified(certificate: Certificate, folder: RoundFolder): void {
    this.event({
      type: 'certificate',
      cut: certificate.cut,
      aggregate: toHex(certificate.aggregate),
      file: folder.certificate,
    })
    if (this.#params.charter.layout.modules.length > 0)
      this.event({ type: 'adapter', folder: folder.adapter })
  }

  /** @param skewMs — the members' median clock less mine */
  skew(skewMs: number): void {
    const isSkewed = Math.abs(skewMs) > this.#params.charter.clockSkewMaxMs
    if (isSkewed === this.#isSkewed) return
    this.#isSkewed = isSkewed
    if (!isSkewed) {
      this.#warnings.delete('clock')
      return
    }
    const text = `my clock differs from the members' median by ${Math.round(Math.abs(skewMs))} ms`
    this.#warn('clock', { type: 'alarm', code: 'CLOCK_SKEW', text })
  }

  exchange(event: ExchangeEvent): void {
    this.#modules.log.debug('exchange', { event: event.type })
    switch (event.type) {
      case 'outsider-refused':
        return this.event({ type: event.type, publicKey: event.publicKey && toHex(event.publicKey) })
      case 'router':
        return this.event(event)
      case 'path': {
        const relayedBy = event.relayedBy === null ? null : this.#nameOf(event.relayedBy)
        return this.event({ type: event.type, member: this.#nameOf(event.member), relayedBy })
      }
      case 'gossip-silent':
        return this.event({
          type: 'alarm',
          code: 'GOSSIP_SILENT',
          text: `${event.connected} members are connected, but gossip reaches none of them; objects go by sync`,
        })
      case 'peer-over-bounds':
        return this.#warn(`bounds of ${event.member}`, {
          type: 'alarm',
          code: 'PEER_OVER_BOUNDS',
          text: `${this.#nameOf(event.member)} hands over more objects than a round has; the rest of them is dropped`,
        })
      case 'relay-over-bounds':
        return this.#warn(`relaying for ${event.member}`, {
          type: 'alarm',
          code: 'RELAY_OVER_BOUNDS',
          text: `${this.#nameOf(event.member)} has used up what this node passes on for one member (relayMegabytes); nothing more of it is relayed`,
        })
      case 'version-mismatch':
        return this.#versionMismatch(event)
      default:
        return
    }
  }

  /** Once a member: it is asked again with every sync. */
  #versionMismatch({ member, protocol, spoken }: Extract<ExchangeEvent, { type: 'version-mismatch' }>): void {
    const key = `version of ${member}`
    if (this.#warnings.has(key)) return
    const versionIn = (id: string): string => id.slice(id.lastIndexOf('/') + 1)
    // Each protocol counts its own versions: only those of the one that was asked for say why.
    const isAsked = (id: string): boolean =>
      id.slice(0, id.lastIndexOf('/')) === protocol.slice(0, protocol.lastIndexOf('/'))
    const theirs = spoken.filter(isAsked).map(versionIn).join(' and ')
    const name = this.#nameOf(member)
    const speaks = theirs === '' ? 'no version of it' : `version ${theirs}`
    this.#warn(key, {
      type: 'alarm',
      code: 'VERSION_MISMATCH',
      text: `${name} speaks ${speaks}, this node version ${versionIn(protocol)} of the round protocol: they cannot exchange anything. All members of a round need the same version`,
    })
  }

  alarm(alarm: Alarm): void {
    const text = this.#textOf(alarm)
    this.#modules.log.error(`alarm: ${alarm.code}`, { text })
    this.event({ type: 'alarm', code: alarm.code, text })
  }

  #textOf(alarm: Alarm): string {
    const names = (members: readonly MemberIndex[]) =>
      members.map((member) => this.#nameOf(member)).join(', ')
    switch (alarm.code) {
      case 'OWN_KEY_ELSEWHERE':
        return `my key signed slot ${alarm.slot}, which my journal does not know: another process has the key, or this journal is an old copy. I sign nothing more in this round`
      case 'TOO_MANY_LIARS':
        return `${alarm.what}: ${names(alarm.members)} signed both sides; more members lie than the charter bears`
      case 'AGGREGATE_DIFFERS':
        return `a quorum attests ${toHex(alarm.theirs)}, I computed ${toHex(alarm.mine)}: my disk or arithmetic is at fault. Everything is kept`
      case 'UNDECIDED':
        return `decided with ${alarm.updateCount} updates, ${alarm.minUpdates} are needed; missing: ${names(alarm.missing)}`
      case 'STALLED':
        return `no quorum by the final deadline; not heard from: ${names(alarm.silent)}. The round goes on when they return`
      case 'ABANDONED':
        return `${names(alarm.members)} gave the round up, more than it can do without: it will end for nobody`
      default:
        return assertNever(alarm)
    }
  }

  #aboutOf(message: Message): { readonly of?: string } {
    const isAnswer = message.type === 'receipt' || message.type === 'refusal'
    return isAnswer ? { of: this.#nameOf(message.body.of) } : {}
  }

  #nameOf(member: MemberIndex): string {
    return this.#params.charter.members[member]?.name ?? `#${member}`
  }
}
