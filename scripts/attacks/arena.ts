/**
 * Where rules meet attacks: updates on disk, the kernel, and what came out as one point. In: the adapters of a site set.
 * Out: for a rule and what the attackers sent, the result's ΔW and who has a share in it. The product's own admission and
 * aggregation, nothing of it rebuilt.
 */
import { join } from 'node:path'
import {
  admitUpdate,
  aggregate,
  type AggregateOutcome,
  type KernelClient,
  kernelDigest,
} from '../../src/aggregate/index.ts'
import { parseRuleChoice } from '../../src/aggregate/rule-choice.ts'
import { meanOf, type Modules, type Point, pointOf } from '../../src/attack/poisons/dense.ts'
import { buildCharter, charterRule } from '../../src/charter/draft.ts'
import type { Charter } from '../../src/charter/schema.ts'
import { assert } from '../../src/core/errors.ts'
import { asDigest, asPublicKey } from '../../src/core/ids.ts'
import { deltaOf } from '../../src/export/merged-module.ts'
import { openAggregateFile } from '../../src/export/aggregate-file.ts'
import { ensureFolder } from '../../src/files/index.ts'
import { DIAGONAL_FILE_NAME } from '../../src/model/diagonal-file.ts'
import { readAdapter } from '../../src/model/peft.ts'
import { readAllFloat32 } from '../../src/model/weights.ts'
import type { SiteSet } from './sites.ts'
import { type Diagonals, writeRawUpdate } from './update-file.ts'

/** What an honest site of these experiments claims, and what a liar does. */
export const HONEST_SAMPLES = 480
export const CLAIMED_SAMPLES = 1_000_000

/** What rules that draw lots draw from: one round's, the same in every cell. */
const SEED = asDigest(new Uint8Array(32))

export interface Arena {
  readonly members: readonly Modules[]
  /** f attackers in place of the last f members. @param claimFactor — what they multiply their Fisher diagonals by */
  readonly stage: (f: number, sent: readonly Modules[] | null, claimFactor?: number) => Promise<Stage>
}

/** One set of updates, ready to be aggregated by any rule. */
export interface Stage {
  /** Code of the refusal, if admission turns the attackers' updates down. */
  readonly refusal: string | null
  readonly run: (
    rule: string,
    weights: 'uniform' | 'samples',
    /** What the charter bears; by default as many as there are attackers. */
    b?: number,
  ) => Promise<{
    readonly outcome: AggregateOutcome
    readonly point: Point
    /** ‖point − honest mean‖ / ‖honest mean‖ */
    readonly damage: number
  }>
}

export async function openArena(set: SiteSet, kernel: KernelClient, folder: string): Promise<Arena> {
  const members: Modules[] = []
  const diagonals: Diagonals[] = []
  for (const adapter of set.adapters) {
    members.push((await readAdapter(adapter)).modules)
    diagonals.push(await readAllFloat32(join(adapter, DIAGONAL_FILE_NAME)))
  }
  return openArenaOf(members, kernel, folder, diagonals)
}

/**
 * @param members — what honest members send, in roster order
 * @param diagonals — their Fisher diagonals; none where no rule reads them
 */
export async function openArenaOf(
  members: readonly Modules[],
  kernel: KernelClient,
  folder: string,
  diagonals: readonly Diagonals[] = [],
): Promise<Arena> {
  await ensureFolder(folder)
  const [first = []] = members
  const charter = await charterOf(first, members.length, diagonals.length > 0)
  const path = (name: string): string => join(folder, `${name}.safetensors`)
  for (const [index, modules] of members.entries()) {
    await writeRawUpdate(path(`member-${index}`), modules, charter.layout, diagonals[index])
  }
  const stage: Arena['stage'] = async (f, sent, claimFactor = 1) => {
    const honestCount = sent === null ? members.length : members.length - f
    const honestMean = meanOf(members.slice(0, honestCount).map(pointOf))
    let refusal: string | null = null
    for (const [i, modules] of (sent ?? []).entries()) {
      const own = [...(diagonals[honestCount + i] ?? [])]
      const claimed = new Map(own.map(([name, values]) => [name, values.map((value) => claimFactor * value)]))
      await writeRawUpdate(path(`attacker-${i}`), modules, charter.layout, claimed)
      const answer = await admitUpdate({ path: path(`attacker-${i}`), charter }, { kernel })
      if (!answer.ok) refusal ??= answer.fault.code
    }
    const inputs = members.map((_, member) => {
      const isHonest = member < honestCount
      const claim = isHonest ? HONEST_SAMPLES : CLAIMED_SAMPLES
      return { member, path: path(isHonest ? `member-${member}` : `attacker-${member - honestCount}`), claim }
    })
    return {
      refusal,
      run: async (id, weights, b = f) => {
        const outputPath = path('aggregate')
        const aggregation: Charter['aggregation'] = {
          ...charter.aggregation,
          rules: [charterRule(parseRuleChoice(id))],
          b,
          weights,
        }
        const outcome = await aggregate(
          { layout: charter.layout, aggregation, inputs, outputPath, seed: SEED },
          { kernel },
        )
        const point = await readPoint(outputPath, first)
        return { outcome, point, damage: relativeDistance(point, honestMean) }
      },
    }
  }
  return { members, stage }
}

/** The charter that the demo's consortium would have: the product's own defaults, bounds of admission included. */
async function charterOf(modules: Modules, memberCount: number, fisher: boolean): Promise<Charter> {
  const [{ rank, scale } = { rank: 1, scale: 1 }] = modules
  assert(Number.isInteger(scale), 'alpha is a multiple of the rank here')
  return buildCharter({
    consortium: new Uint8Array(16),
    members: Array.from({ length: memberCount }, (_, i) => ({
      name: `site-${i}`,
      publicKey: asPublicKey(new Uint8Array(32).fill(i)),
    })),
    baseModel: [],
    modules: modules.map(({ name, in: width, out }) => ({ name, in: width, out })),
    rankMax: rank,
    scale: [scale, 1],
    rules: [],
    fisher,
    kernelDigest: await kernelDigest(),
    rounds: [],
  })
}

/** ΔW of an aggregate, modules in the order of the template. */
async function readPoint(path: string, template: Modules): Promise<Point> {
  const file = await openAggregateFile(path)
  try {
    const places = new Map(file.modules.map(({ name }, index) => [name, index]))
    const parts: Float32Array[] = []
    for (const { name } of template) parts.push(deltaOf(await file.read(places.get(name) ?? -1)))
    const point = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
    let start = 0
    for (const part of parts) {
      point.set(part, start)
      start += part.length
    }
    return point
  } finally {
    await file.close()
  }
}

function relativeDistance(x: Point, y: Point): number {
  let difference = 0
  let square = 0
  for (let i = 0; i < x.length; i++) {
    difference += ((x[i] ?? 0) - (y[i] ?? 0)) ** 2
    square += (y[i] ?? 0) ** 2
  }
  return Math.sqrt(difference / square)
}
