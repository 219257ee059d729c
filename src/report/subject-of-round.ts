/**
 * A finished round as a report's subject: the decided updates are aggregated again, which also shows that they give the
 * attested aggregate. In: a certificate, a round's or a node's folder. Out: a subject.
 */
import { jobModules } from '../aggregate/dense-parts.ts'
import { dirname, join } from 'node:path'
import {
  aggregate,
  type AggregateInput,
  type AggregateOptions,
  locateFactors,
  readRoundSeed,
  whyInvalid,
} from '../aggregate/index.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import {
  CERTIFICATE_FILE_SIZE_BYTES_MAX,
  claimOf,
  decidedHeaders,
  locateCertificate,
  parseCertificateFile,
  updatesBeside,
} from '../export/index.ts'
import { readText } from '../files/index.ts'
import type { ReportFault } from './signed-report.ts'
import type { ReportSubject } from './subject.ts'

export interface RoundSubject {
  readonly subject: ReportSubject
  readonly title: string
}

/**
 * @param folder — for the aggregate that is computed again
 * @throws CERTIFICATE_MISSING | CERTIFICATE_MALFORMED | FILE_MISSING | REPORT_INVALID if the updates do not give the aggregate
 */
export async function subjectOfRound(
  path: string,
  folder: string,
  options: AggregateOptions & { readonly round?: number },
): Promise<RoundSubject> {
  const certificatePath = await locateCertificate(path, options)
  const file = parseCertificateFile(
    await readText(certificatePath, CERTIFICATE_FILE_SIZE_BYTES_MAX),
    certificatePath,
  )
  const { charter } = file.signedCharter
  const { certificate, roundNumber } = file
  const updates = updatesBeside(dirname(certificatePath), file)
  const inputs = decidedHeaders(certificate).map((header): AggregateInput => {
    const { member, update } = header
    return { member, path: join(updates, `${toHex(update)}.safetensors`), claim: claimOf(header, file) }
  })
  const { layout, aggregation } = charter
  const { round, cut } = certificate
  const { late = [] } = certificate.decision
  const combine = async (some: readonly AggregateInput[], outputPath: string) =>
    aggregate(
      {
        layout,
        aggregation,
        inputs: some,
        outputPath,
        seed: await readRoundSeed({ round, cut, updates: some, late }),
      },
      options,
    )
  const aggregatePath = join(folder, 'aggregate.safetensors')
  const outcome = await combine(inputs, aggregatePath)
  if (!equalBytes(outcome.digest, certificate.aggregate)) {
    const reason = 'the updates beside it do not give the attested aggregate'
    throw new RoundError<ReportFault>(
      { code: 'REPORT_INVALID', file: certificatePath, reason },
      `${certificatePath}: ${reason}`,
      { hint: 'oneround verify --recompute says which of them differs.' },
    )
  }
  const factors: Awaited<ReturnType<typeof locateFactors>>[] = []
  for (const { path: update } of inputs) factors.push(await locateFactors(update, layout))
  const subject: ReportSubject = {
    names: outcome.members.map(({ member }) => charter.members[member]?.name ?? `#${member}`),
    modules: jobModules(layout),
    inputs: inputs.map((input, i) => ({ path: input.path, factors: factors[i] ?? [] })),
    outcome,
    aggregate: toHex(outcome.digest),
    aggregatePath,
    combineWithout: async (input, outputPath) => {
      const some = inputs.filter((_, i) => i !== input)
      // The charter's own order of preference decides again; none may be left that holds.
      const reasons = aggregation.rules.map((rule) => whyInvalid(rule, some.length, aggregation.b))
      const [first] = reasons
      if (first !== undefined && reasons.every((reason) => reason !== null)) return first
      await combine(some, outputPath)
      return null
    },
  }
  return { subject, title: `round ${roundNumber} of charter ${toHex(certificate.charter).slice(0, 12)}` }
}
