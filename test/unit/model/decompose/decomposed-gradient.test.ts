// Protects: what fused operators are decomposed into has right gradients.
import { describe, it } from 'vitest'
import { FUSED_CASES } from './fused-cases.ts'
import { checkGradientOfCase } from './fused-gradient.ts'

describe('gradients through decomposed operators', () => {
  for (const fused of FUSED_CASES) {
    it(`of ${fused.op} ${fused.title}`, async () => {
      await checkGradientOfCase(fused)
    })
  }
})
