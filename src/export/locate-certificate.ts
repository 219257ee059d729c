/** Where the certificate lies below a path: in a round's folder, or in the last certified round of a node's folder. */
import { join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { hasFile, isFolder, listFolders } from '../files/index.ts'

export const CERTIFICATE_NAME = 'certificate.json'

export type CertificateMissing = { readonly code: 'CERTIFICATE_MISSING'; readonly file: string }

/**
 * @param path — a certificate, the folder of a round, or a node's folder
 * @param round — which round of a node's folder; by default the last with a certificate
 * @throws CERTIFICATE_MISSING | FILE_MISSING
 */
export async function locateCertificate(path: string, round?: number): Promise<string> {
  if (!(await isFolder(path))) return path
  if (await hasFile(join(path, CERTIFICATE_NAME))) return join(path, CERTIFICATE_NAME)
  const rounds = (await listFolders(join(path, 'rounds')))
    .map(Number)
    .filter((number) => Number.isSafeInteger(number) && (round === undefined || number === round))
    .sort((a, b) => b - a)
  for (const number of rounds) {
    const file = join(path, 'rounds', String(number), CERTIFICATE_NAME)
    if (await hasFile(file)) return file
  }
  const which = round === undefined ? 'no certificate' : `no certificate of round ${round}`
  throw new RoundError<CertificateMissing>(
    { code: 'CERTIFICATE_MISSING', file: path },
    `${path}: holds ${which}`,
    {
      hint: 'Name a certificate.json, the folder of a round, or a node’s folder after its round.',
    },
  )
}
