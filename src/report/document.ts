/**
 * The report on a merge: what the rule did with each update and how much hangs on each. In: a subject. Out: one document,
 * from which text and page are made; nothing in those is not in it.
 */
import { openAggregateFile } from '../export/index.ts'
import type { OnProgress } from '../core/ports.ts'
import { type LayerFigures, layerFigures } from './layers.ts'
import { type LeaveOneOut, leaveOneOut } from './leave-one-out.ts'
import type { ReportOutcome, ReportSubject } from './subject.ts'

export const REPORT_SCHEMA = 'oneround/report@1'

export interface ReportMember extends Omit<ReportOutcome['members'][number], never> {
  readonly name: string
  /** What the result would lose or gain without it. */
  readonly leaveOneOut: LeaveOneOut
}

export interface MergeReport {
  readonly schema: typeof REPORT_SCHEMA
  /** What was merged: a round of a charter, or folders. */
  readonly of: string
  readonly rule: string
  readonly form: ReportOutcome['form']
  /** SHA-256 of the aggregate, hex. */
  readonly aggregate: string
  readonly norm: number
  readonly weightCap: number | null
  readonly uniform: ReportOutcome['uniform']
  readonly recompression: ReportOutcome['recompression']
  readonly notes: Readonly<Record<string, number>>
  readonly members: readonly ReportMember[]
  readonly layers: readonly LayerFigures[]
}

/**
 * @param of — a title for people
 * @param folder — for intermediate results, which are removed
 * @throws what reading updates and the aggregate throws, and faults of this machine
 */
export async function reportOn(
  subject: ReportSubject,
  of: string,
  folder: string,
  onProgress: OnProgress = () => undefined,
): Promise<MergeReport> {
  const { outcome, names, aggregate } = subject
  const result = await openAggregateFile(subject.aggregatePath)
  try {
    const layers = await layerFigures(subject, result, (done, total) =>
      onProgress({ unit: 'layer', done, total }),
    )
    const without = await leaveOneOut(subject, result, folder, (done, total) =>
      onProgress({ unit: 'member', done, total }),
    )
    const { ruleText, members, ...figures } = outcome
    return {
      schema: REPORT_SCHEMA,
      of,
      rule: ruleText,
      form: figures.form,
      aggregate,
      norm: figures.norm,
      weightCap: figures.weightCap,
      uniform: figures.uniform,
      recompression: figures.recompression,
      notes: figures.notes,
      members: members.map((member, i) => ({
        name: names[i] ?? `#${i}`,
        ...member,
        leaveOneOut: without[i] ?? { reason: 'not computed' },
      })),
      layers,
    }
  } finally {
    await result.close()
  }
}
