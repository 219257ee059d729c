/** A node's folder as a finished round leaves it: real updates, aggregated by the real kernel, certified and exported. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aggregate, kernelDigest, parseRuleChoice, readRoundSeed } from '../../src/aggregate/index.ts'
import { charterDigest, formatCharterFile, roundIdOf } from '../../src/charter/index.ts'
import { toHex } from '../../src/core/bytes.ts'
import { writeResult } from '../../src/export/write-result.ts'
import { buildReport } from '../../src/node/describe-use.ts'
import { roundFolder, type RoundFolder } from '../../src/node/round-folder.ts'
import { buildManifest, layoutDigest, writeUpdateFile } from '../../src/update/index.ts'
import { testCertificate } from './certificate.ts'
import { testConsortium } from './charter.ts'

export interface FinishedRound {
  readonly node: string
  readonly folder: RoundFolder
  /** Paths of the update files, by member. */
  readonly updates: readonly string[]
}

/** @param ruleText — with steps and parameters; five members, b = 1 @param resultRank — the charter's, if it has one */
export async function writeFinishedRound(
  node: string,
  ruleText: string,
  resultRank?: number,
): Promise<FinishedRound> {
  const consortium = testConsortium(5, {
    f: 1,
    b: 1,
    rules: [parseRuleChoice(ruleText)],
    minUpdates: 5,
    kernelDigest: await kernelDigest(),
    ...(resultRank === undefined ? {} : { resultRank }),
  })
  const { charter, signers } = consortium
  const folder = roundFolder(node, 1)
  await mkdir(folder.updates, { recursive: true })
  const round = roundIdOf(charterDigest(charter), 1)
  const headers = []
  const updates: string[] = []
  for (const member of signers.keys()) {
    const draft = join(node, `update-${member}`)
    const adapter = charter.layout.modules.map(({ name, in: width, out }, k) => ({
      name,
      rank: 2,
      scale: 2,
      in: width,
      out,
      a: wave(2 * width, member + k + 1),
      b: wave(2 * out, 2 * member + k + 3),
    }))
    const rng = { bytes: (length: number) => new Uint8Array(length).fill(member + 40) }
    const { nonce } = await writeUpdateFile(draft, { modules: adapter }, charter.layout, rng)
    const { digest, bytes, manifest } = await buildManifest({ path: draft, nonce, round, member, charter })
    const path = join(folder.updates, `${toHex(digest)}.safetensors`)
    await copyFile(draft, path)
    await writeFile(join(folder.updates, `${toHex(digest)}.manifest`), bytes)
    updates.push(path)
    const { sizeBytes, chunkSizeBytes } = manifest
    headers.push({ update: digest, sizeBytes, chunkSizeBytes, layout: layoutDigest(charter.layout) })
  }
  const inputs = updates.map((path, member) => ({ member, path, claim: 1 }))
  const outcome = await aggregate({
    layout: charter.layout,
    aggregation: charter.aggregation,
    inputs,
    outputPath: folder.aggregate,
    seed: await readRoundSeed({ round, cut: 0, updates: inputs }),
  })
  const file = testCertificate({ consortium, aggregate: outcome.digest, headers, rule: outcome.rule })
  await writeResult({ ...file, report: buildReport(outcome, charter), folder })
  await writeFile(join(node, 'charter.json'), formatCharterFile(file.signedCharter))
  return { node, folder, updates }
}

const wave = (length: number, step: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)) / 4)
