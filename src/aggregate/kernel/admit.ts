/**
 * Admission's arithmetic: are an update's values finite and bounded? A function of charter and bytes alone, so all honest
 * members answer alike. Bounds the factors, not only their product: finite factors must not overflow in products either.
 * Source: docs/PROTOCOL.md §6.
 */
import { openReader, type Reader } from '../../files/index.ts'
import type { AdmissionAnswer, AdmissionJob, FactorPlaces, JobModule } from '../job.ts'
import { loadDiagonals } from './diagonals.ts'
import { loadFactors } from './factors.ts'
import { checkKnownAnswers, type Kernel } from './kernel.ts'

/** @throws KERNEL_ARITHMETIC when this machine cannot be trusted with the question */
export async function admit(kernel: Kernel, job: AdmissionJob): Promise<AdmissionAnswer> {
  checkKnownAnswers(kernel)
  const answer = await findFault(kernel, job)
  checkKnownAnswers(kernel)
  return answer
}

async function findFault(kernel: Kernel, job: AdmissionJob): Promise<AdmissionAnswer> {
  const { exports, arena } = kernel
  const { input, limits } = job
  const reader = await openReader(input.path)
  const start = arena.mark()
  const gram = arena.reserve(8)
  try {
    for (const [index, module] of job.modules.entries()) {
      const places = input.factors[index]
      if (places === undefined) continue
      const mark = arena.mark()
      const loaded = await loadFactors(kernel, module, [reader], [places])
      if ('notFinite' in loaded) {
        const { factor, index: at } = loaded.notFinite
        return refuse({ code: 'UPDATE_NOT_FINITE', module: module.name, factor, index: at })
      }
      const { table } = loaded
      const [a = 0, b = 0] = arena.integers(table, 2)
      const aboveA = exports.findAbove(a, places.rank * module.in, ...limits.entry)
      if (aboveA >= 0) return refuse(entryTooLarge(module.name, 'A', aboveA))
      const aboveB = exports.findAbove(b, places.rank * module.out, ...limits.entry)
      if (aboveB >= 0) return refuse(entryTooLarge(module.name, 'B', aboveB))
      const norm = exports.factorNorm(table, module.in, module.out)
      if (exports.isWithin(norm, ...limits.moduleNorm) === 0) {
        const [numerator, denominator] = limits.moduleNorm
        return refuse({
          code: 'UPDATE_NORM_TOO_LARGE',
          module: module.name,
          norm,
          normMax: numerator / denominator,
        })
      }
      const fault = await findDiagonalFault(kernel, module, reader, places)
      if (fault !== null) return refuse(fault)
      exports.addGram(table, 1, module.in, module.out, gram)
      arena.release(mark)
    }
    const [square = 0] = arena.doubles(gram, 1)
    if (exports.isRootWithin(square, ...limits.updateNorm) === 0) {
      const [numerator, denominator] = limits.updateNorm
      const normMax = numerator / denominator
      return refuse({ code: 'UPDATE_NORM_TOO_LARGE', module: null, norm: Math.sqrt(square), normMax })
    }
    return { ok: true, norm: Math.sqrt(square) }
  } finally {
    arena.release(start)
    await reader.close()
  }
}

/** Squares are finite and not negative; how large they are is a claim, and capped. */
async function findDiagonalFault(
  kernel: Kernel,
  module: JobModule,
  reader: Reader,
  { rank, fisher }: FactorPlaces,
): Promise<Refusal['fault'] | null> {
  if (fisher === undefined) return null
  const width = fisher.ofB === true ? rank : module.in
  const loaded = await loadDiagonals(kernel, { ...module, in: width }, [reader], [fisher])
  if ('table' in loaded) return null
  const { index, isNegative } = loaded.fault
  if (isNegative) return { code: 'UPDATE_FISHER_NEGATIVE', module: module.name, index }
  return { code: 'UPDATE_NOT_FINITE', module: module.name, factor: 'fisher', index }
}

type Refusal = Extract<AdmissionAnswer, { ok: false }>
const refuse = (fault: Refusal['fault']): Refusal => ({ ok: false, fault })
/** An index of B counts in the kernel's transposed copy; what matters to people is the module and the factor. */
const entryTooLarge = (module: string, factor: 'A' | 'B', index: number): Refusal['fault'] => ({
  code: 'UPDATE_ENTRY_TOO_LARGE',
  module,
  factor,
  index,
})
