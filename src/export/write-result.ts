/**
 * What a node leaves behind when a round is certified: report, PEFT folder and, last, the certificate, so that a folder
 * with a certificate is a whole result. Doing it again writes the same bytes.
 */
import type { Certificate } from '../agree/index.ts'
import type { SignedCharter } from '../charter/index.ts'
import { writeFileAtomic, writeJson } from '../files/index.ts'
import { basisAggregates } from './basis.ts'
import { type CertificateFile, formatCertificateFile } from './certificate-file.ts'
import { exportResult } from './export-result.ts'

export interface WrittenResult {
  readonly signedCharter: SignedCharter
  readonly roundNumber: number
  readonly certificate: Certificate
  /** JSON: what the rule did with whom. */
  readonly report: unknown
  readonly folder: {
    /** The aggregate, which is there already. */
    readonly aggregate: string
    readonly report: string
    readonly certificate: string
    readonly adapter: string
  }
}

/** @throws NO_SPACE | FILE_UNREADABLE | AGGREGATE_INVALID | BASIS_MISSING | BASIS_DIFFERS */
export async function writeResult({ folder, report, ...proof }: WrittenResult): Promise<void> {
  const certificate: CertificateFile = proof
  const basis = await basisAggregates(folder.certificate, certificate)
  await writeJson(folder.report, report)
  // Where the whole model is trained no adapter can say it, and the aggregate is its change already.
  const hasAdapter = proof.signedCharter.charter.layout.modules.length > 0
  if (hasAdapter)
    await exportResult({
      folder: folder.adapter,
      format: 'adapter',
      aggregatePath: folder.aggregate,
      basis,
      certificatePath: folder.certificate,
      certificate,
      report,
      baseModel: null,
    })
  await writeFileAtomic(folder.certificate, formatCertificateFile(certificate))
}
