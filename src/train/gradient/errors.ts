/** What can keep a graph from being differentiated or trained. */
export interface UnsupportedNode {
  readonly op: string
  readonly node: string
  readonly reason: string
}

export type GradientFault =
  /** Nodes between the parameters and the loss without a gradient rule: all of them. Train other modules. */
  | { readonly code: 'GRADIENT_UNSUPPORTED'; readonly nodes: readonly UnsupportedNode[] }
  /** The model's operator set is older or newer than the table. Export it again. */
  | { readonly code: 'GRADIENT_OPSET'; readonly opset: number }
  /** A shape that a rule needs could not be inferred. */
  | {
      readonly code: 'GRADIENT_SHAPE_UNKNOWN'
      readonly op: string
      readonly node: string
      readonly value: string
    }
  /** The model has no output that the loss can be computed from. */
  | { readonly code: 'LOSS_UNFIT'; readonly output: string; readonly reason: string }
  /** Nothing to train: no module or weight was chosen. */
  | { readonly code: 'NOTHING_TRAINABLE' }
