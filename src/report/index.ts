/**
 * Report. In: a finished round, or an offline merge, with the updates. Out: what the rule did with each update, layer by
 * layer, and how much hangs on each: a document, plain text, a page with pictures; signed by whoever made it.
 * Never: anything that is attested; a judgement of a member.
 */
export { type MergeReport, type ReportMember, reportOn } from './document.ts'
export { reportPage } from './page.ts'
export { type ReadReport, readReport, type ReportFault, signReport } from './signed-report.ts'
export type { ReportSubject } from './subject.ts'
export { subjectOfMerge } from './subject-of-merge.ts'
export { type RoundSubject, subjectOfRound } from './subject-of-round.ts'
export { reportText } from './text.ts'
