/**
 * Whether layers are computed again in the backward pass: what activations will need against what memory there is.
 * In: the options, the size of the largest batch, the sizes of activations. Out: the choice and why, for people and for
 * training.json. A run that goes on after a kill keeps its choice: it may change the last bits of the result.
 */
import { availableMemory } from 'node:process'
import { join } from 'node:path'
import * as v from 'valibot'
import { hasFile, readText, removeFile, writeJson } from '../files/index.ts'
import type { Extents } from './gradient/activation-size.ts'

export const CHECKPOINTING = ['auto', 'on', 'off'] as const
export type Checkpointing = (typeof CHECKPOINTING)[number]

export interface MemoryChoice {
  readonly checkpointing: boolean
  /** Estimate of what the forward pass of the largest batch leaves for the backward pass, without checkpointing. */
  readonly activationMb: number
  /** What was taken as available; null where the choice was the caller's. */
  readonly limitMb: number | null
}

const MEGABYTE = 1e6
/** Share of the available memory that activations may fill: gradients of activations and the arena come on top. */
const ACTIVATION_SHARE = 0.4

export interface MemoryQuestion {
  readonly checkpointing: Checkpointing
  /** Megabytes; 0: what the system says is available. */
  readonly memoryLimitMb: number
  readonly extents: Extents
  readonly activationBytes: (extents: Extents) => number
}

export function chooseMemory(
  { checkpointing, memoryLimitMb, extents, activationBytes }: MemoryQuestion,
  availableBytes: number = availableMemory(),
): MemoryChoice {
  const activationMb = activationBytes(extents) / MEGABYTE
  if (checkpointing !== 'auto') return { checkpointing: checkpointing === 'on', activationMb, limitMb: null }
  const limitMb = memoryLimitMb > 0 ? memoryLimitMb : availableBytes / MEGABYTE
  return { checkpointing: activationMb > ACTIVATION_SHARE * limitMb, activationMb, limitMb }
}

const NAME = 'memory.json'
const SIZE_BYTES_MAX = 1 << 16
const schema = v.object({
  identity: v.string(),
  choice: v.object({
    checkpointing: v.boolean(),
    activationMb: v.number(),
    limitMb: v.nullable(v.number()),
  }),
})

/** The choice of the run that is gone on with, or a new one, which is then kept for later. */
export async function keepMemoryChoice(
  folder: string,
  identity: string,
  isResumed: boolean,
  choose: () => MemoryChoice,
): Promise<MemoryChoice> {
  const path = join(folder, NAME)
  if (isResumed && (await hasFile(path))) {
    const kept = v.safeParse(schema, parse(await readText(path, SIZE_BYTES_MAX)))
    if (kept.success && kept.output.identity === identity) return kept.output.choice
  }
  const choice = choose()
  await writeJson(path, { identity, choice })
  return choice
}

/** The run has ended. */
export const removeMemoryChoice = (folder: string): Promise<void> => removeFile(join(folder, NAME))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Half a file cannot be: it was written aside. Whatever else this is, it is no choice of ours.
    if (error instanceof SyntaxError) return null
    throw error
  }
}

export function describeMemory({ checkpointing, activationMb, limitMb }: MemoryChoice): string {
  const need = `activations of the largest batch need about ${activationMb.toFixed(0)} MB`
  const against = limitMb === null ? '' : ` of ${limitMb.toFixed(0)} MB`
  return checkpointing
    ? `Layers are computed again in the backward pass (checkpointing): ${need}${against}.`
    : `All activations are kept: ${need}${against}.`
}
