/** Where the certificate lies below a path: in a round's folder, or in the last certified round of a node's folder. */
import { join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { hasFile, isFolder, listFolders } from '../files/index.ts'

export const CERTIFICATE_NAME = 'certificate.json'

export type CertificateMissing = { readonly code: 'CERTIFICATE_MISSING'; readonly file: string }

/** Which certificate below a path is meant. */
export interface Wanted {
  /** Which round of a node's folder; by default the last with a certificate. */
  readonly round?: number | undefined
  /** Which cut of the round; by default the last with a certificate. */
  readonly cut?: number | undefined
}

/**
 * @param path — a certificate, the folder of a round or of a late cut, or a node's folder
 * @throws CERTIFICATE_MISSING | FILE_MISSING
 */
export async function locateCertificate(path: string, { round, cut }: Wanted = {}): Promise<string> {
  if (!(await isFolder(path))) return path
  const here = await certificateOfRound(path, cut)
  if (here !== null) return here
  const epochs = (await listFolders(path))
    .flatMap((name) => /^epoch-(\d{1,10})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
  for (const epoch of [...epochs, 0]) {
    const file = await certificateOfNode(join(path, ...(epoch === 0 ? [] : [`epoch-${epoch}`])), {
      round,
      cut,
    })
    if (file !== null) return file
  }
  const which = [
    'no certificate',
    ...(round === undefined ? [] : [`of round ${round}`]),
    ...(cut === undefined ? [] : [`of cut ${cut}`]),
  ]
  throw new RoundError<CertificateMissing>(
    { code: 'CERTIFICATE_MISSING', file: path },
    `${path}: holds ${which.join(' ')}`,
    {
      hint: 'Name a certificate.json, the folder of a round, or a node’s folder after its round.',
    },
  )
}

/** In a folder with `rounds/`: the last round that has it. */
async function certificateOfNode(folder: string, { round, cut }: Wanted): Promise<string | null> {
  const rounds = (await listFolders(join(folder, 'rounds')))
    .map(Number)
    .filter((number) => Number.isSafeInteger(number) && (round === undefined || number === round))
    .sort((a, b) => b - a)
  for (const number of rounds) {
    const file = await certificateOfRound(join(folder, 'rounds', String(number)), cut)
    if (file !== null) return file
  }
  return null
}

/** The certificate of a cut in a round's folder, or the latest; null where there is none. */
async function certificateOfRound(folder: string, cut: number | undefined): Promise<string | null> {
  const late = (await listFolders(folder))
    .flatMap((name) => /^cut-(\d{1,2})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
  for (const number of [...late, 0]) {
    if (cut !== undefined && number !== cut) continue
    const file = join(folder, ...(number === 0 ? [] : [`cut-${number}`]), CERTIFICATE_NAME)
    if (await hasFile(file)) return file
  }
  return null
}
