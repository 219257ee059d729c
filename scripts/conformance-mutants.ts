/**
 * Breaks the kernel in every way of test/mutants/kernel-mutants.ts and lets the conformance vectors find it out.
 *   npx tsx scripts/conformance-mutants.ts [--only TEXT] [--json]
 * A mutant that no vector of the rules it names sees is a choice that the vectors do not pin; a vector that sees no mutant
 * pins nothing: exit status 1 for either.
 */
import '../src/compat.ts'
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { KERNEL_MUTANTS } from '../test/mutants/kernel-mutants.ts'
import { prepareVectors, vectorsThatSee } from '../test/support/mutant-vectors.ts'
import { tempFolder } from '../test/support/update-files.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
})
const folder = tempFolder()
const found: { readonly mutant: string; readonly file: string; readonly seenBy: readonly string[] }[] = []
const useful = new Set<string>()
let vectorNames: readonly string[] = []
try {
  const prepared = await prepareVectors(folder)
  vectorNames = prepared.vectors.map(({ name }) => name)
  for (const mutant of KERNEL_MUTANTS.filter(({ name, file }) => `${file} ${name}`.includes(values.only))) {
    const { all, expected } = await vectorsThatSee(mutant, prepared, { onlyExpected: values.only !== '' })
    for (const name of all) useful.add(name)
    found.push({ mutant: mutant.name, file: mutant.file, seenBy: expected })
    const verdict = expected.length > 0 ? `seen by ${expected.length}, such as ${expected[0]}` : 'SURVIVES'
    process.stderr.write(`${mutant.file}: ${mutant.name}: ${verdict}\n`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const survivors = found.filter(({ seenBy }) => seenBy.length === 0)
const idle = values.only === '' ? vectorNames.filter((name) => !useful.has(name)) : []
if (values.json) {
  const counts = { mutants: found.length, survivors: survivors.length, vectors: vectorNames.length }
  process.stdout.write(`${JSON.stringify({ ...counts, idle, found })}\n`)
} else {
  for (const name of idle) process.stdout.write(`sees none: ${name}\n`)
  process.stdout.write(
    `${found.length} mutants, ${survivors.length} survive; ${vectorNames.length} vectors, ${idle.length} see none\n`,
  )
}
if (survivors.length > 0 || idle.length > 0) process.exitCode = 1
