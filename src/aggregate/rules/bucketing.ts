/** A step: updates in random order, means of a few neighbours each. */
import { divideUp } from '../kernel/integers.ts'
import type { AggregationStep } from './rule.ts'

export const bucketing: AggregationStep = Object.freeze<AggregationStep>({
  id: 'bucketing',
  version: 1,
  title: 'Bucketing',
  source: 'Karimireddy et al. 2022, arXiv:2006.09365, Algorithm 1',
  formula:
    'a random order from the round’s seed; rows = means of `size` neighbours, the last of what is left',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'b poisoned updates spoil at most b of the ⌈m/size⌉ rows',
  cost: 'O(m²); dense: O(m·in·out) a module more',
  isSeeded: true,
  takes: [
    {
      name: 'size',
      fallback: [2, 1],
      isWhole: true,
      min: [1, 1],
      max: [64, 1],
      help: 'updates in a bucket',
    },
  ],
  countAfter: (m, parameter) => divideUp(m, parameter('size')[0]),
  keepsMembers: false,
  makesMeans: true,
  mix: ({ kernel, m, seed, index, order, parameter, to }) => {
    kernel.bucketRows(m, parameter('size')[0], seed, index, order, to)
  },
})
