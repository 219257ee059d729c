/** Rows of the gradient table that have no rule: operators that pass no gradient, and those that are refused, with the reason. */

/** Piecewise constant, about shapes or indices, or without an input that could carry a gradient. */
export const STOPS: readonly string[] = [
  'And@7+',
  'ArgMax@1+',
  'ArgMin@1+',
  'BitShift@11+',
  'BitwiseAnd@18+',
  'BitwiseNot@18+',
  'BitwiseOr@18+',
  'BitwiseXor@18+',
  'Ceil@6+',
  'Constant@1+',
  'ConstantOfShape@9+',
  'Equal@7+',
  'EyeLike@9+',
  'Floor@6+',
  'Greater@7+',
  'GreaterOrEqual@12+',
  'Hardmax@13+',
  'IsInf@10+',
  'IsNaN@9+',
  'Less@7+',
  'LessOrEqual@12+',
  'NonMaxSuppression@10+',
  'NonZero@9+',
  'Not@1+',
  'Or@7+',
  'Round@11+',
  'Shape@1+',
  'Sign@9+',
  'Size@1+',
  'Xor@7+',
]

const RANDOM = 'is random: its gradient cannot be repeated; export the model in evaluation mode'
const CONTROL =
  'has graphs of its own, which are not differentiated; export with the loop unrolled or the branch chosen'
const RECURRENT = 'is a recurrent layer, which is not differentiated; train modules behind it'
const SEQUENCES =
  'handles lists of tensors, which are not differentiated; export with fixed sizes, so that tensors are split'

/** Reason → rows. */
export const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  [RANDOM]: [
    'Bernoulli@15+',
    'Multinomial@7+',
    'RandomNormal@1+',
    'RandomNormalLike@1+',
    'RandomUniform@1+',
    'RandomUniformLike@1+',
  ],
  [CONTROL]: ['If@1+', 'Loop@1+', 'Scan@8+', 'SequenceMap@17+'],
  [RECURRENT]: ['GRU@1+', 'LSTM@1+', 'RNN@1+'],
  [SEQUENCES]: [
    'ConcatFromSequence@11+',
    'Optional@15+',
    'OptionalGetElement@15+',
    'SequenceAt@11+',
    'SequenceConstruct@11+',
    'SequenceErase@11+',
    'SequenceInsert@11+',
    'SplitToSequence@11+',
  ],
  'samples at computed places, which has no rule; train modules behind it': [
    'AffineGrid@20+',
    'DeformConv@19+',
    'MaxRoiPool@1+',
    'MaxUnpool@9+',
    'RoiAlign@10+',
  ],
  'is a matrix or spectral function without a rule; train modules behind it': [
    'DFT@17+',
    'Det@11+',
    'GlobalLpPool@2+',
    'MelWeightMatrix@17+',
    'STFT@17+',
  ],
  'picks by value in a way that has no rule; train modules behind it': ['CenterCropPad@18+', 'Unique@11+'],
  'is no operator of opset 11 and later; export the model again': ['Scatter@9+', 'Upsample@7+'],
  'is a loss, which is added here; export the model up to its logits': [
    'NegativeLogLikelihoodLoss@12+',
    'SoftmaxCrossEntropyLoss@12+',
  ],
}
