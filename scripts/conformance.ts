/**
 * The conformance vectors of docs/CONFORMANCE.md: `npm run conformance [-- --write] [--json]`
 *
 * Asks the kernel and the reference implementation (test/support/reference/) every question of the committed vectors and
 * compares both with the committed answers. `--write` makes inputs, questions and answers anew (answers are the
 * reference's): only when a rule was added or its version raised.
 */
import '../src/compat.ts'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadKernel } from '../src/aggregate/kernel/kernel.ts'
import { assert } from '../src/core/errors.ts'
import {
  answerByKernel,
  INPUTS_FILE,
  readConformance,
  VECTORS_FILE,
  writeInputs,
} from '../test/support/conformance.ts'
import { answerByReference } from '../test/support/reference/reference.ts'
import { tempFolder } from '../test/support/update-files.ts'
import { inputSets } from './conformance/inputs.ts'
import { questionsOf } from './conformance/questions.ts'

const FORMAT = 'oneround/conformance@1'
const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})

/** One item a line: small files, and differences that can be read. */
function lines(head: string, name: string, items: readonly unknown[]): string {
  const texts = items.map((item) => JSON.stringify(item))
  return `{"format":${JSON.stringify(head)},"${name}":[\n${texts.join(',\n')}\n]}\n`
}

if (values.write) {
  const sets = inputSets()
  const vectors = questionsOf(sets).map((question) => {
    const set = sets.find(({ name }) => name === question.inputs)
    assert(set !== undefined, 'a question names its inputs')
    return { ...question, expected: answerByReference(set, question).answer }
  })
  writeFileSync(INPUTS_FILE, lines(FORMAT, 'sets', sets))
  writeFileSync(VECTORS_FILE, lines(FORMAT, 'vectors', vectors))
}

const { sets, vectors } = readConformance()
const kernel = await loadKernel()
const folder = tempFolder()
const differing: string[] = []
try {
  for (const set of sets.values()) {
    const inputs = await writeInputs(set, folder)
    for (const vector of vectors.filter((each) => each.inputs === set.name)) {
      const expected = JSON.stringify(vector.expected)
      const byKernel = await answerByKernel(kernel, set, inputs, vector, join(folder, 'out'))
      if (JSON.stringify(byKernel) !== expected) differing.push(`kernel: ${vector.name}`)
      if (JSON.stringify(answerByReference(set, vector).answer) !== expected)
        differing.push(`reference: ${vector.name}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (values.json) process.stdout.write(`${JSON.stringify({ vectors: vectors.length, differing })}\n`)
else {
  for (const name of differing) process.stdout.write(`differs: ${name}\n`)
  process.stdout.write(`${vectors.length} vectors, ${differing.length} differences\n`)
}
if (differing.length > 0) process.exitCode = 1
