/** What an evaluation is asked: one schema for library and command line. */
import * as v from 'valibot'
import { RoundError } from '../core/errors.ts'
import { DEVICE_CHOICES } from '../train/device.ts'
import type { TrainFault } from '../train/errors.ts'
import { quantisationSchema } from '../train/options.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 16))

export const evaluationOptionsSchema = v.strictObject({
  /** A Hugging Face folder. */
  model: v.pipe(v.string(), v.minLength(1)),
  /** Measured in this order; `adapter: null` is the base alone. */
  adapters: v.optional(
    v.pipe(v.array(v.strictObject({ name: v.string(), adapter: v.nullable(v.string()) })), v.minLength(1)),
    [{ name: 'base', adapter: null }],
  ),
  /** JSONL files. */
  data: v.pipe(v.array(v.string()), v.minLength(1)),
  batchSize: v.optional(count, 16),
  /** Measures on the base in four bits, as adapters were trained on it. */
  quantise: v.optional(quantisationSchema),
  /** Also asks every question of the data and counts the answers that are word for word the expected ones. */
  exactMatch: v.optional(v.boolean(), false),
  device: v.optional(v.picklist(DEVICE_CHOICES), 'cpu'),
  /** Whether arithmetic may run on the processor although another device was named. */
  allowFallback: v.optional(v.boolean(), false),
  /** 0: ONNX Runtime's choice. */
  threads: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1024)), 0),
})

export type EvaluationOptions = Readonly<v.InferInput<typeof evaluationOptionsSchema>>
export type CheckedEvaluationOptions = Readonly<v.InferOutput<typeof evaluationOptionsSchema>>

/** @throws TRAIN_OPTION_INVALID naming the option */
export function checkEvaluationOptions(options: unknown): CheckedEvaluationOptions {
  const parsed = v.safeParse(evaluationOptionsSchema, options)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw invalidOption(v.getDotPath(issue) ?? 'options', issue.message)
}

function invalidOption(option: string, reason: string): RoundError<TrainFault> {
  return new RoundError({ code: 'TRAIN_OPTION_INVALID', option, reason }, `${option}: ${reason}`)
}
