/**
 * A report in plain words. A rule *leaves out*; only evidence *excludes*: nobody is called anything. Pure.
 */
import type { MergeReport, ReportMember } from './document.ts'

const figure = (value: number): string => Number(value.toPrecision(3)).toString().replace('-', '−')
const percent = (share: number): string => `${figure(100 * share)} %`
/** Layers that are shown where a member stands apart. */
const LAYER_COUNT_MAX = 3
/** Below this cosine to the result, beside its others, a layer is worth a look. */
const APART = 0.5

export function reportText(report: MergeReport): string {
  const { members, rule, form, norm, layers } = report
  const used = members.filter(({ leftOut }) => !leftOut).length
  return [
    `Report on ${report.of}`,
    `${rule} used ${used} of ${members.length} updates; the result is ${form}, ‖ΔW‖ = ${figure(norm)}.`,
    ...remarks(report),
    '',
    ...members.map((member, place) => `- ${memberText(member)}${apartText(report, place)}`),
    '',
    `${layers.length} modules. Figures are computed from the updates after the round; members attest the aggregate, not this report.`,
    `Aggregate ${report.aggregate}`,
  ].join('\n')
}

/** What concerns the whole result. */
export function remarks({ weightCap, uniform, recompression, notes }: MergeReport): readonly string[] {
  return [
    ...(weightCap === null ? [] : [`Claimed weights were capped at ${weightCap}.`]),
    ...(uniform === null
      ? []
      : [
          `Equal weights would have given a result ${figure(uniform.differenceNorm)} away, cosine ${figure(uniform.cosine)}.`,
        ]),
    ...(recompression === null
      ? []
      : [
          `Recompressed to rank ${recompression.rank}, which keeps ${percent(recompression.keptShare)} of ‖ΔW‖².`,
        ]),
    ...Object.entries(notes).map(([name, value]) => `${name}: ${figure(value)}.`),
  ]
}

export function memberText(member: ReportMember): string {
  const { name, weight, norm, normToMedian, cosine, score, scoreRank, clipped, leftOut, leaveOneOut } = member
  const ratio = normToMedian === null ? '' : ` (${figure(normToMedian)}× the median)`
  return [
    `${name}: ${leftOut ? 'left out' : weight === null ? 'used' : `weight ${figure(weight)}`}`,
    ...(clipped ? ['clipped'] : []),
    `norm ${figure(norm)}${ratio}`,
    `cosine to the result ${figure(cosine)}`,
    ...(score === null || scoreRank === null ? [] : [`distance score ${figure(score)}, rank ${scoreRank}`]),
    'change' in leaveOneOut
      ? `without it the result would move by ${percent(leaveOneOut.change)}`
      : `without it: ${leaveOneOut.reason}`,
  ].join(', ')
}

/** Layers in which a member points elsewhere than in the others. */
function apartText({ layers }: MergeReport, place: number): string {
  const cosines = layers.map(({ module, members }) => ({ module, cosine: members[place]?.cosine ?? 0 }))
  const middle = cosines.map(({ cosine }) => cosine).toSorted((a, b) => a - b)[cosines.length >> 1] ?? 0
  const apart = cosines
    .filter(({ cosine }) => cosine < middle - APART)
    .toSorted((a, b) => a.cosine - b.cosine)
    .slice(0, LAYER_COUNT_MAX)
  if (apart.length === 0) return ''
  const texts = apart.map(({ module, cosine }) => `${module} (cosine ${figure(cosine)})`)
  return `; apart from the result in ${texts.join(', ')}`
}
