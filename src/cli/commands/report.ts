/** `oneround report`: what a rule did with each update, after a round. */
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createSigner, type Signer } from '../../core/signature.ts'
import { hasFile, makeTemporaryFolder, readText, removeFolder, writeFileAtomic } from '../../files/index.ts'
import { keyPath, readSeed } from '../../node/node-folder.ts'
import {
  type MergeReport,
  readReport,
  reportOn,
  reportPage,
  reportText,
  signReport,
  subjectOfRound,
} from '../../report/index.ts'
import { type CommandContext, count, defineCommand, text, usageError } from '../command.ts'
import { jsonOf } from '../output.ts'

const REPORT_SIZE_BYTES_MAX = 256 << 20

export const reportCommand = defineCommand({
  name: 'report',
  description:
    'Says what the rule did with each update of a finished round: weight, norm, cosine, score, what was left out or clipped,\n' +
    'layer by layer, and how far the result would move without each member. The updates are aggregated again for it.\n' +
    'With --out the report is written as a page with pictures (.html), a signed file (.json) or text (.txt). In a node’s\n' +
    'folder it is signed with the node’s key; --check says whether a signed file is as its member wrote it.',
  arguments: [
    {
      name: 'path',
      help: 'a node’s folder, the folder of a round, or certificate.json; a report with --check',
    },
  ],
  options: {
    out: text('-o, --out <file>', 'write the report: .html, .json or .txt'),
    round: count(
      '--round <number>',
      'which round of a node’s folder; by default the last with a certificate',
      {
        min: 1,
      },
    ),
    check: text(
      '--check <hex>',
      'the path is a signed report: check it, and that this key signed it (any: any key)',
    ),
  },
  examples: ['oneround report site-a', 'oneround report site-a --out report.html'],
  run: async ({ args: [path = ''], options: { out, round, check } }, context) => {
    if (check !== undefined) return checkReport(path, check)
    const write = out === undefined ? null : writerOf(out)
    const signer = (await hasFile(keyPath(path))) ? createSigner(await readSeed(path)) : null
    const report = await makeReport(path, round, context)
    await write?.(report, signer)
    const written = out === undefined ? '' : `\nWrote ${out}${signer === null ? ', not signed' : ''}.`
    return { document: jsonOf(report), text: `${reportText(report)}${written}` }
  },
})

async function makeReport(
  path: string,
  round: number | undefined,
  { output, signal }: CommandContext,
): Promise<MergeReport> {
  const progress = output.progress('report')
  const folder = await makeTemporaryFolder(join(tmpdir(), 'oneround-report-'))
  try {
    const options = { signal, ...(round === undefined ? {} : { round }) }
    const { subject, title } = await subjectOfRound(path, folder, options)
    return await reportOn(subject, title, folder, progress.update)
  } finally {
    progress.stop()
    await removeFolder(folder)
  }
}

/** How a file of this name is written. @throws usage error for another extension */
export function writerOf(file: string): (report: MergeReport, signer: Signer | null) => Promise<void> {
  switch (extname(file)) {
    case '.html':
      return (report, signer) => {
        const by = signer === null ? null : `Made by the member with key ${toHexOf(signer)}.`
        return writeFileAtomic(file, reportPage(report, by))
      }
    case '.json':
      return (report, signer) => writeFileAtomic(file, signReport(report, signer))
    case '.txt':
      return (report) => writeFileAtomic(file, `${reportText(report)}\n`)
    default:
      throw usageError(`${file}: expected a name that ends in .html, .json or .txt`)
  }
}

const toHexOf = ({ publicKey }: Signer): string => Buffer.from(publicKey).toString('hex')

async function checkReport(path: string, key: string) {
  const { report, signedBy } = readReport(await readText(path, REPORT_SIZE_BYTES_MAX), path)
  if (signedBy === null) throw usageError(`${path} is not signed: there is nothing to check`)
  if (key !== 'any' && key !== signedBy) throw usageError(`${path} is signed by ${signedBy}, not by ${key}`)
  return {
    document: { schema: 'oneround/report-check@1', signedBy, report: jsonOf(report) },
    text: `${reportText(report)}\n\nAs the member with key ${signedBy} wrote it.`,
  }
}
