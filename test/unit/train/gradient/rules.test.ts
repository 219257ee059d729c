// Protects: every row of the gradient table answers the true derivative, for any shape, broadcast and axis it accepts.
import { describe, expect, it } from 'vitest'
import { DataType } from '../../../../src/model/graph.ts'
import { isRefusal, isRule, type TableEntry } from '../../../../src/train/gradient/context.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { entryOf, GRADIENT_TABLE } from '../../../../src/train/gradient/table.ts'
import { differentiate } from '../../../../src/train/gradient/walk.ts'
import { checkRule, type RuleCase } from './rule-case.ts'
import { RULE_CASES } from './rule-cases.ts'

/** The newest operator set that exporters write. */
const OPSET = 20

/** Each operator set with known sizes, the last one with open sizes too. A case that names none has one form throughout. */
function formsOf({ row, opsets, isStatic }: RuleCase): readonly { opset: number; isSymbolic: boolean }[] {
  const [, first = '1', last = '24'] = /@(\d+)(?:\+|-(\d+))$/.exec(row) ?? []
  const all = [13, OPSET, 24].filter((opset) => opset >= Number(first) && opset <= Number(last))
  const chosen = opsets ?? all
  return chosen.flatMap((opset) => [
    { opset, isSymbolic: false },
    ...(isStatic === true || (opsets === undefined && opset !== OPSET) ? [] : [{ opset, isSymbolic: true }]),
  ])
}

describe('the gradient table', () => {
  it('has a case for every differentiable row', () => {
    const rows = [...GRADIENT_TABLE].filter(([, entry]) => isRule(entry)).map(([key]) => key)
    expect(rows.filter((key) => !RULE_CASES.some(({ row }) => row === key))).toEqual([])
  })

  it('has well-formed keys that do not overlap', () => {
    for (const key of GRADIENT_TABLE.keys()) {
      expect(key).toMatch(/^\w+@\d+(\+|-\d+)$/)
      const [op = '', first = ''] = key.split(/[@+-]/)
      expect(entryOf(op, '', Math.max(18, Number(first))), key).toBe(GRADIENT_TABLE.get(key))
    }
  })

  for (const ruleCase of RULE_CASES) {
    for (const { opset, isSymbolic } of formsOf(ruleCase)) {
      const title = `${ruleCase.row} ${ruleCase.title}, opset ${opset}, ${isSymbolic ? 'symbolic' : 'known'} sizes`
      it(title, () => checkRule(ruleCase, { opset, isSymbolic }))
    }
  }

  const keysOf = (isWanted: (entry: TableEntry) => boolean): readonly string[] =>
    [...GRADIENT_TABLE].filter(([, entry]) => isWanted(entry)).map(([key]) => key)

  for (const key of keysOf((entry) => entry === 'stops')) {
    it(`${key} stops gradients`, () => {
      expect(gradientBehind(key)).toBeNull()
    })
  }

  for (const key of keysOf(isRefusal)) {
    it(`${key} is refused with its node's name, the reason and what to do`, () => {
      const [op = ''] = key.split('@')
      expect(() => gradientBehind(key)).toThrow(new RegExp(`node ${op}\\): ${op} .*; (export|train|the)`))
    })
  }
})

/** The gradient of x through `Op(x) → x + …`, less the part that goes around the operator. */
function gradientBehind(key: string): string | null {
  const [op = '', first = ''] = key.split(/[@+-]/)
  const builder = new GraphBuilder({ opset: Math.max(20, Number(first)), name: 'stop' })
  const x = builder.input('x', DataType.float, [2])
  const y = builder.add(op, [x])
  builder.output(y, DataType.float)
  const model = builder.build()
  const grown = new GraphBuilder(model)
  const seeds = new Map([[y, grown.input('cotangent', DataType.float, [2])]])
  const shapes = inferGraphShapes(model)
  return differentiate({ builder: grown, graph: model.graph, shapes, seeds, wanted: [x] }).get(x) ?? null
}
