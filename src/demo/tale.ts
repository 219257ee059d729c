/** What the honest sites said about the round, gathered from their events: what was received, who was left out and why. */
import type { LeftOut, TimedNodeEvent } from '../node/events.ts'
import type { LeftOutReport } from './document.ts'

export class Tale {
  readonly #honest: ReadonlySet<string>
  readonly #refused = new Map<string, string>()
  readonly #evidence = new Map<string, string>()
  #received: readonly string[] = []
  #excluded: readonly string[] = []
  #rule: string | null = null
  #leftOut: readonly LeftOut[] = []

  /** @param honest — whose word counts */
  constructor(honest: readonly string[]) {
    this.#honest = new Set(honest)
  }

  take(site: string, event: TimedNodeEvent): void {
    if (!this.#honest.has(site)) return
    switch (event.type) {
      case 'stored':
        if (event.fault !== null) this.#refused.set(event.member, event.fault)
        return
      case 'evidence':
        this.#evidence.set(event.member, event.slot)
        return
      case 'decided':
        this.#received = event.updates
        this.#excluded = event.excluded
        return
      case 'aggregated':
        this.#rule = event.rule.replace(/@\d+$/, '')
        this.#leftOut = event.leftOut
        return
      default:
    }
  }

  /** Whose updates were decided on. */
  get received(): readonly string[] {
    return this.#received
  }

  get rule(): string | null {
    return this.#rule
  }

  get leftOutByRule(): readonly LeftOut[] {
    return this.#leftOut
  }

  /** Why a site's update is not in the result; null when it is, or when nothing came of the site. */
  leftOut(site: string): LeftOutReport | null {
    const byRule = this.#leftOut.find(({ member }) => member === site)
    if (byRule !== undefined) return { by: byRule.by, reason: byRule.reason, figures: byRule.figures }
    if (this.#excluded.includes(site)) {
      const slot = this.#evidence.get(site) ?? 'one slot'
      return {
        by: 'evidence',
        reason: `signed two different bodies for ${slot}, where one may be signed`,
        figures: {},
      }
    }
    const fault = this.#refused.get(site)
    if (fault === undefined || this.#received.includes(site)) return null
    return { by: 'admission', reason: `its update is not admissible: ${fault}`, figures: {} }
  }
}
