/**
 * A report signed by the member that made it: its figures are nobody else's word, but nobody can change them on the way.
 * The signature is over the report as text, so that a file can be checked without understanding it.
 * In: a report, a signer. Out: JSON; and from JSON whether the signature holds.
 */
import * as v from 'valibot'
import { fromHex, toHex, utf8 } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'
import { type Signer, signedBytesOf, verifySignature } from '../core/signature.ts'
import { type MergeReport, REPORT_SCHEMA } from './document.ts'

/** Context of the signature: no other kind of object can be passed off as a report. */
const OBJECT_TYPE = 'report'

export type ReportFault = { readonly code: 'REPORT_INVALID'; readonly file: string; readonly reason: string }

const fileSchema = v.strictObject({
  schema: v.literal('oneround/signed-report@1'),
  /** The report as text, exactly as it was signed. */
  report: v.string(),
  publicKey: v.nullable(v.string()),
  signature: v.nullable(v.string()),
})

/** @param signer — null: nobody signs, such as for an offline merge without a key */
export function signReport(report: MergeReport, signer: Signer | null): string {
  const text = JSON.stringify(report)
  const signature = signer === null ? null : toHex(signer.sign(signedBytesOf(OBJECT_TYPE, utf8(text))))
  const publicKey = signer === null ? null : toHex(signer.publicKey)
  const file = { schema: 'oneround/signed-report@1', report: text, publicKey, signature }
  return `${JSON.stringify(file, null, 2)}\n`
}

export interface ReadReport {
  readonly report: MergeReport
  /** Hex; null: not signed. */
  readonly signedBy: string | null
}

/** @throws REPORT_INVALID if it is no report, or its signature does not hold */
export function readReport(text: string, file: string): ReadReport {
  const fail = (reason: string): RoundError<ReportFault> =>
    new RoundError<ReportFault>({ code: 'REPORT_INVALID', file, reason }, `${file}: ${reason}`, {
      hint: 'Ask the member that made it for the file as `oneround report` wrote it.',
    })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fail(`no JSON (${messageOf(error)})`)
  }
  const checked = v.safeParse(fileSchema, value)
  if (!checked.success) throw fail('not a report')
  const { report, publicKey, signature } = checked.output
  if (publicKey !== null || signature !== null) {
    const [key, signed] = [fromHex(publicKey ?? ''), fromHex(signature ?? '')]
    const holds =
      key !== null &&
      signed !== null &&
      verifySignature(key, signedBytesOf(OBJECT_TYPE, utf8(report)), signed)
    if (!holds) throw fail('the signature does not hold: the report was changed after it was signed')
  }
  const parsed = JSON.parse(report) as MergeReport
  if (parsed.schema !== REPORT_SCHEMA) throw fail('a report of another version')
  return { report: parsed, signedBy: publicKey }
}
