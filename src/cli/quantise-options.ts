/** The options that freeze a base in four bits, of the commands that train on one and measure with one. */
import { BLOCK_SIZES, type BlockSize } from '../model/quantise/index.ts'
import { choice, count, usageError } from './command.ts'

export const quantiseOptions = {
  quantise: choice('--quantise <kind>', 'freeze the base’s linear layers in four bits', ['int4']),
  blockSize: count(
    '--block-size <n>',
    `features that share a scale: ${BLOCK_SIZES.join(', ')} (default: 32)`,
  ),
} as const

interface Given {
  readonly quantise: 'int4' | undefined
  readonly blockSize: number | undefined
}

/** @throws a usage error for a block size that no kernel takes, or one without a quantised base */
export function quantisationOf({ quantise, blockSize }: Given): {
  quantise?: { kind: 'int4'; blockSize?: BlockSize }
} {
  if (quantise === undefined && blockSize !== undefined)
    throw usageError('--block-size needs --quantise int4')
  if (quantise === undefined) return {}
  const size = BLOCK_SIZES.find((each) => each === blockSize)
  if (blockSize !== undefined && size === undefined) {
    throw usageError(`--block-size is ${blockSize}, expected ${BLOCK_SIZES.join(', ')}`)
  }
  return { quantise: { kind: quantise, ...(size === undefined ? {} : { blockSize: size }) } }
}
