/** What differentiation asks of shape inference: less than it knows, so that rules can be tested without it. */
import { isRoundError } from '../../core/errors.ts'
import type { DataType, OnnxModel } from '../../model/graph.ts'
import { Dim as SymbolicDim, inferShapes } from '../../model/shapes.ts'

/** Two dimensions are the same in every run exactly when their keys are. */
export interface Dim {
  readonly key: string
  /** The number, where it is one. */
  readonly constant: number | null
}

export interface ValueType {
  readonly dataType: DataType
  readonly dims: readonly Dim[]
}

export interface GraphShapes {
  /** null where it is not known. */
  readonly typeOf: (name: string) => ValueType | null
  /** Elements, row-major, of a value that is the same in every run; null where they are not known or many. */
  readonly valueOf: (name: string) => readonly number[] | null
  /** Why `typeOf` answers null: one sentence. */
  readonly reasonOf: (name: string) => string
}

/** Shape inference over a model, asked in these words. */
export function inferGraphShapes(model: OnnxModel): GraphShapes {
  const inferred = inferShapes(model)
  const reasons = new Map<string, string>()
  return {
    typeOf: (name) => {
      try {
        return inferred.typeOf(name)
      } catch (error) {
        if (!isRoundError(error, 'SHAPE_UNKNOWN')) throw error
        reasons.set(name, error.message)
        return null
      }
    },
    valueOf: (name) => {
      const elements = inferred.valueOf(name)?.elements ?? null
      if (elements === null) return null
      const numbers = elements.map((element) => (element instanceof SymbolicDim ? element.constant : element))
      return numbers.every((number) => number !== null) ? numbers : null
    },
    reasonOf: (name) => reasons.get(name) ?? `the shape of ${name} is not known`,
  }
}
