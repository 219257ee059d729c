/**
 * A report as one HTML file: no script, nothing fetched, the pictures inside. Names come from other members: everything
 * that is not ours is escaped. Pure.
 */
import type { MergeReport, ReportMember } from './document.ts'
import { layerPicture, memberPicture } from './pictures.ts'
import { remarks } from './text.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
const figure = (value: number | null): string =>
  value === null ? '–' : Number(value.toPrecision(4)).toString().replace('-', '−')

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid #ddd;padding:.35rem .5rem;text-align:right}
th:first-child,td:first-child{text-align:left}
.out{color:#8a5a00}code{word-break:break-all}svg{max-width:100%;height:auto}`

/** @param signature — who signed the report, shown in the page's foot */
export function reportPage(report: MergeReport, signature: string | null): string {
  const { of, rule, form, norm, members, aggregate } = report
  const used = members.filter(({ leftOut }) => !leftOut).length
  const head = ['member', 'weight', 'norm', 'norm / median', 'cosine', 'score', 'rank', 'without it', '']
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(of)}</title><style>${STYLE}</style></head>
<body>
<h1>${escaped(of)}</h1>
<p><strong>${escaped(rule)}</strong> used ${used} of ${members.length} updates. The result is ${escaped(form)}, ‖ΔW‖ = ${figure(norm)}.</p>
${remarks(report)
  .map((remark) => `<p>${escaped(remark)}</p>`)
  .join('\n')}
<h2>Members</h2>
<table><thead><tr>${head.map((title) => `<th>${title}</th>`).join('')}</tr></thead>
<tbody>
${members.map(rowOf).join('\n')}
</tbody></table>
<p>“Without it”: how far the result would move, as a share of its norm, if the rule ran without that update.
A rule leaves updates out in honest rounds too; that says nothing about a member’s intentions.</p>
${memberPicture(report)}
<h2>Layers</h2>
<p>Cosine of each member’s change of a module to the result’s.</p>
${layerPicture(report)}
<h2>Where it comes from</h2>
<p>Aggregate <code>${escaped(aggregate)}</code></p>
<p>${signature === null ? 'Not signed.' : escaped(signature)} The figures are computed after the fact; members attest the aggregate, not this report.</p>
</body></html>
`
}

function rowOf(member: ReportMember): string {
  const { name, weight, norm, normToMedian, cosine, score, scoreRank, clipped, leftOut, leaveOneOut } = member
  const without =
    'change' in leaveOneOut ? `${figure(100 * leaveOneOut.change)} %` : escaped(leaveOneOut.reason)
  const marks = [...(leftOut ? ['left out'] : []), ...(clipped ? ['clipped'] : [])].join(', ')
  const cells = [
    escaped(name),
    figure(weight),
    figure(norm),
    figure(normToMedian),
    figure(cosine),
    figure(score),
    figure(scoreRank),
    without,
    marks,
  ]
  return `<tr${leftOut ? ' class="out"' : ''}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}
