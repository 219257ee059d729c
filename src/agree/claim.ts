/** What a charter weighs an update by, as its member claims it in its header. Whole numbers; capped where they are used. */
import type { Charter } from '../charter/schema.ts'
import type { Header } from './messages.ts'

/** @returns 1 where the charter weighs all alike or the header claims nothing */
export function weightClaim(
  { aggregation, members }: Pick<Charter, 'aggregation' | 'members'>,
  { member, samples, summary }: Pick<Header, 'member' | 'samples' | 'summary'>,
): number {
  switch (aggregation.weights) {
    case 'samples':
      return samples
    case 'fisher':
      return summary.fisherMillionths ?? 1
    default:
      return members[member]?.weight ?? 1
  }
}
