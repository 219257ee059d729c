/** An offline merge as a report's subject: its own kernel process combines again. */
import { whyInvalid } from '../aggregate/index.ts'
import type { MergeMaterial } from '../export/index.ts'
import type { ReportSubject } from './subject.ts'

/** @param names — what to call the adapters, in order */
export function subjectOfMerge(
  { job, kernel, result, aggregatePath }: MergeMaterial,
  names: readonly string[],
): ReportSubject {
  return {
    names,
    modules: job.modules,
    inputs: job.inputs,
    outcome: { ...result, form: isStacked(result) ? 'stacked' : 'dense' },
    aggregate: result.digest,
    aggregatePath,
    combineWithout: async (input, path) => {
      const inputs = job.inputs.filter((_, i) => i !== input)
      const reason = whyInvalid(job.rule, inputs.length, job.b)
      if (reason !== null) return reason
      await kernel.aggregate({ ...job, inputs, outputPath: path })
      return null
    },
  }
}

/** Only rules that give weights stack factors; a recompressed result is stacked whatever the rule. */
const isStacked = ({ members, recompression }: MergeMaterial['result']): boolean =>
  recompression !== null || members.some(({ weight }) => weight !== null)
