// Protects: fused operators become standard ones that compute the same, padding included.
import { describe, expect, it } from 'vitest'
import { DECOMPOSITIONS } from '../../../../src/model/decompose/index.ts'
import { compareCase } from './fused-case.ts'
import { FUSED_CASES } from './fused-cases.ts'

describe('decomposition', () => {
  for (const fused of FUSED_CASES) {
    const name = `${fused.domain === '' ? '' : 'com.microsoft.'}${fused.op} ${fused.title}`
    for (const isSymbolic of fused.isFixedOnly === true ? [false] : [false, true]) {
      it(`${name}, ${isSymbolic ? 'symbolic' : 'known'} sizes, is what ONNX Runtime's kernel gives`, async () => {
        await compareCase(fused, isSymbolic)
      })
    }
  }

  it('has a case for every row', () => {
    const names = new Set(FUSED_CASES.map(({ op, domain }) => (domain === '' ? op : `${domain}.${op}`)))
    const rows = [...DECOMPOSITIONS.keys()].map((key) => key.slice(0, key.lastIndexOf('@')))
    expect(rows.filter((row) => !names.has(row))).toEqual([])
  })
})
