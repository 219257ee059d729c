// Protects: the document's table of fused operators is the code's.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DECOMPOSITIONS } from '../../../../src/model/decompose/index.ts'

it('docs/AUTODIFF.md lists every operator that is decomposed, and no other', () => {
  const text = readFileSync(new URL('../../../../docs/AUTODIFF.md', import.meta.url), 'utf8')
  const section = text.slice(
    text.indexOf('## Fused operators and int4'),
    text.indexOf('### Quantised products'),
  )
  const listed = [...section.matchAll(/^\| `([\w.]+)`/gm)].map(([, name]) => name)
  const rows = [...DECOMPOSITIONS.keys()].map((key) => key.slice(0, key.lastIndexOf('@')))
  expect(new Set(listed)).toEqual(new Set(rows))
  expect(listed).toHaveLength(rows.length)
})
