/**
 * `npm run --silent check-gradients -- FOLDER --graph dynamo|script|hf [--device DEVICE [--allow-fallback]] [--out FILE] [--json]`:
 * our gradients and optimiser steps against a reference folder's. Exit status 1 for a missing, extra or non-finite tensor and
 * for anything that cannot be read, built or run.
 */
import '../src/compat.ts'
import { Command, Option } from 'commander'
import { concatBytes } from '../src/core/bytes.ts'
import { isRoundError, messageOf } from '../src/core/errors.ts'
import { encodeHeader } from '../src/core/safetensors.ts'
import { writeFileAtomic } from '../src/files/index.ts'
import { littleEndian } from '../src/model/peft.ts'
import { chooseDevice, DEVICE_CHOICES, type DeviceChoice } from '../src/train/device.ts'
import {
  CHECKED_GRAPHS,
  checkGradients,
  type CheckedGraph,
  type GradientCheck,
} from '../src/train/gradient/check.ts'

interface Flags {
  readonly graph: CheckedGraph
  readonly device: DeviceChoice
  readonly allowFallback?: boolean
  readonly out?: string
  readonly json?: boolean
}

const program = new Command('check-gradients')
  .description(
    'Compares gradients and five AdamW steps with a reference folder, as PyTorch and PEFT computed them.',
  )
  .argument(
    '<folder>',
    'config.json, base.safetensors, *.onnx, adapter/, reference.json, reference.safetensors',
  )
  .addOption(
    new Option('--graph <form>', 'which graph of the model')
      .choices([...CHECKED_GRAPHS])
      .makeOptionMandatory(),
  )
  .addOption(new Option('--device <device>', 'where it runs').choices([...DEVICE_CHOICES]).default('cpu'))
  .option('--allow-fallback', 'let the processor compute what the named device cannot')
  .option('--out <file>', 'write our gradients as safetensors, named as in reference.safetensors')
  .option('--json', 'one JSON document on one line')
  .action(async (folder: string, flags: Flags) => {
    const device = await chooseDevice(flags.device)
    // Of `auto`, nothing was promised.
    const allowsFallback = flags.allowFallback === true || flags.device === 'auto'
    const check = await checkGradients({ folder, graph: flags.graph, device, allowsFallback })
    if (flags.out !== undefined) await writeGradients(flags.out, check)
    process.stdout.write(flags.json === true ? `${JSON.stringify(check.report)}\n` : describe(check))
  })

function describe({ report }: GradientCheck): string {
  const { model, graph, device, loss, referenceLoss, tensors, worst, adamw } = report
  return [
    `${model}, ${graph} graph, ${device}`,
    `loss ${loss} (reference ${referenceLoss})`,
    `${tensors} gradients; worst ${worst.relative.toExponential(2)} at ${worst.name}`,
    `AdamW losses ${adamw.losses.map((value) => value.toFixed(6)).join(' ')}; worst ${adamw.worst.toExponential(2)}`,
    '',
  ].join('\n')
}

async function writeGradients(path: string, { gradients }: GradientCheck): Promise<void> {
  const tensors = gradients.map(({ name, dims }) => ({ name: `grad.${name}`, dtype: 'F32', shape: dims }))
  const values = new Map(gradients.map((gradient) => [`grad.${gradient.name}`, gradient.values]))
  const { prefix, header } = encodeHeader(tensors)
  const data = header.entries.map((entry) => littleEndian(values.get(entry.name)))
  await writeFileAtomic(path, concatBytes(prefix, ...data))
}

try {
  await program.parseAsync()
  process.exitCode ??= 0
} catch (error) {
  const code = isRoundError(error) ? `${error.code}: ` : ''
  const hint = isRoundError(error) && error.hint !== undefined ? `\n${error.hint}` : ''
  process.stderr.write(`${code}${messageOf(error)}${hint}\n`)
  process.exitCode = 1
}
