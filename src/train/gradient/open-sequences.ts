/**
 * Lists of tensors that are taken apart where they were put together, replaced by the tensors themselves: exporters write
 * `split`, `unbind`, `chunk` and `stack` so where a size was unclear to them.
 *
 * In: a graph of operator set 18 or newer. Out: the same function, in which elements that are known by number are slices, and
 * joined lists are `Concat`. Lists that a loop fills, or whose length only a run tells, stay, and are refused by name where a
 * gradient would have to pass.
 */
import { int, intOf } from '../../model/attributes.ts'
import { DataType, type Attribute, type GraphNode, type OnnxModel } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { inferGraphShapes, type GraphShapes } from './graph-shapes.ts'

/** A tensor cut along an axis: into `size` each or into `sizes`, a list of lengths; `isSqueezed` where the axis goes. */
interface Cut {
  readonly kind: 'cut'
  readonly input: string
  readonly axis: number
  readonly size: number | null
  readonly sizes: string | null
  readonly count: number | null
  readonly isSqueezed: boolean
}

interface Listed {
  readonly kind: 'listed'
  readonly values: readonly string[]
}

type Sequence = Cut | Listed

/** More parts are no model's, and each is a node. */
const COUNT_MAX = 4096

export function openSequences(model: OnnxModel): OnnxModel {
  let current = model
  // Shapes behind a list are known only once it is open: lists behind lists take one round each.
  for (let round = 0; round < ROUND_COUNT_MAX && current.graph.nodes.some(readsSequence); round++) {
    const opening = new Opening(current)
    for (const node of current.graph.nodes) if (node.domain === '') opening.visit(node)
    if (!opening.isChanged) break
    current = opening.model()
  }
  return current
}

const ROUND_COUNT_MAX = 16

const readsSequence = ({ op, domain }: GraphNode): boolean =>
  domain === '' && (op === 'SequenceAt' || op === 'ConcatFromSequence')

class Opening {
  readonly #builder: GraphBuilder
  readonly #shapes: GraphShapes
  readonly #sequences = new Map<string, Sequence>()
  isChanged = false

  constructor(model: OnnxModel) {
    this.#builder = new GraphBuilder(model, { prefix: 'open/' })
    this.#shapes = inferGraphShapes(model)
  }

  model(): OnnxModel {
    return this.#builder.build()
  }

  visit(node: GraphNode): void {
    const [first = ''] = node.inputs
    const [output = ''] = node.outputs
    const made = this.#madeBy(node)
    if (made !== null) this.#sequences.set(output, made)
    const sequence = this.#sequences.get(first)
    if (sequence === undefined) return
    if (node.op === 'SequenceAt') this.#takeOut(output, sequence, this.#numberOf(node.inputs[1]))
    if (node.op === 'ConcatFromSequence') this.#join(node, sequence)
  }

  #madeBy(node: GraphNode): Sequence | null {
    const [first = '', second = ''] = node.inputs
    if (node.op === 'SequenceConstruct') return { kind: 'listed', values: node.inputs }
    if (node.op === 'SequenceEmpty') return { kind: 'listed', values: [] }
    if (node.op === 'SplitToSequence') return this.#cut(node, first, second)
    const sequence = this.#sequences.get(first)
    if (sequence?.kind !== 'listed') return null
    const { values } = sequence
    const place = (input: string | undefined, otherwise: number): number | null => {
      const given = (input ?? '') === '' ? otherwise : this.#numberOf(input)
      return given !== null && given < 0 ? given + values.length : given
    }
    if (node.op === 'SequenceInsert') {
      const at = place(node.inputs[2], values.length)
      return at === null ? null : { kind: 'listed', values: values.toSpliced(at, 0, second) }
    }
    if (node.op !== 'SequenceErase') return null
    const at = place(node.inputs[1], values.length - 1)
    return at === null ? null : { kind: 'listed', values: values.toSpliced(at, 1) }
  }

  #cut(node: GraphNode, input: string, split: string): Cut | null {
    const axis = intOf(node, 'axis', 0)
    const whole = this.#extentOf(input, axis)
    const common = { kind: 'cut', input, axis } as const
    if (split === '') {
      const isSqueezed = intOf(node, 'keepdims', 1) === 0
      return { ...common, size: 1, sizes: null, count: whole, isSqueezed }
    }
    const rank = this.#rankOf(split)
    const size = rank === 0 ? this.#numberOf(split) : null
    if (rank === 0) {
      const count = whole === null || size === null ? null : Math.ceil(whole / size)
      return size === null ? null : { ...common, size, sizes: null, count, isSqueezed: false }
    }
    const count = rank === 1 ? this.#extentOf(split, 0) : null
    return count === null ? null : { ...common, size: null, sizes: split, count, isSqueezed: false }
  }

  #takeOut(output: string, sequence: Sequence, index: number | null): void {
    const count = sequence.kind === 'listed' ? sequence.values.length : sequence.count
    const at = index !== null && index < 0 && count !== null ? index + count : index
    if (at === null || at < 0) return
    if (sequence.kind === 'listed') {
      const value = sequence.values[at]
      if (value !== undefined) this.#become(output, 'Identity', [value])
    } else if (sequence.isSqueezed) {
      const place = this.#builder.constant(DataType.int64, [], [at])
      this.#become(output, 'Gather', [sequence.input, place], { axis: int(sequence.axis) })
    } else this.#become(output, 'Slice', this.#boundsOf(sequence, at))
  }

  /** What `Slice` reads to cut out part `at`. A last part that is shorter ends where the tensor does. */
  #boundsOf({ input, axis, size, sizes }: Cut, at: number): readonly string[] {
    const b = this.#builder
    const along = b.int64s(axis)
    if (size !== null) return [input, b.int64s(at * size), b.int64s((at + 1) * size), along]
    const upTo = (end: number): string => {
      const some = b.add('Slice', [sizes ?? '', b.int64s(0), b.int64s(end), b.int64s(0)])
      return b.add('ReduceSum', [some, b.int64s(0)], { keepdims: int(1) })
    }
    return [input, at === 0 ? b.int64s(0) : upTo(at), upTo(at + 1), along]
  }

  #join(node: GraphNode, sequence: Sequence): void {
    const [output = ''] = node.outputs
    const values = this.#valuesOf(sequence)
    if (values === null || values.length === 0) return
    const axis = intOf(node, 'axis', 0)
    const isStacked = intOf(node, 'new_axis', 0) === 1
    const parts = isStacked
      ? values.map((value) => this.#builder.add('Unsqueeze', [value, this.#builder.int64s(axis)]))
      : values
    this.#become(output, 'Concat', parts, { axis: int(axis) })
  }

  #valuesOf(sequence: Sequence): readonly string[] | null {
    if (sequence.kind === 'listed') return sequence.values
    const { count, input, axis, isSqueezed } = sequence
    if (count === null || count > COUNT_MAX) return null
    return Array.from({ length: count }, (_, at) => {
      if (!isSqueezed) return this.#builder.add('Slice', this.#boundsOf(sequence, at))
      return this.#builder.add('Gather', [input, this.#builder.constant(DataType.int64, [], [at])], {
        axis: int(axis),
      })
    })
  }

  #become(
    output: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.isChanged = true
    this.#builder.rewrite(output, { op, inputs, attributes: new Map(Object.entries(attributes)) })
  }

  #numberOf(value: string | undefined): number | null {
    return this.#shapes.valueOf(value ?? '')?.[0] ?? null
  }

  #extentOf(value: string, axis: number): number | null {
    return this.#shapes.typeOf(value)?.dims.at(axis)?.constant ?? null
  }

  #rankOf(value: string): number | null {
    return this.#shapes.typeOf(value)?.dims.length ?? null
  }
}
