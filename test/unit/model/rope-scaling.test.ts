// Protects: rotary frequencies of long-context Llamas: fast waves stay, slow ones stretch, unknown kinds are refused.
import { expect, test } from 'vitest'
import { parseRopeScaling, scaleFrequency } from '../../../src/model/rope-scaling.ts'

const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
}

test('llama3 stretches by the number of turns within the original length, in both forms of config', () => {
  for (const raw of [{ rope_scaling: llama3 }, { rope_parameters: llama3 }]) {
    const scaling = parseRopeScaling(raw, 'config.json')
    const ofTurns = (turns: number): number => (turns * 2 * Math.PI) / 8192
    const ratio = (turns: number): number => scaleFrequency(ofTurns(turns), scaling) / ofTurns(turns)
    expect(ratio(5)).toBeCloseTo(1, 12)
    expect(ratio(0.5)).toBeCloseTo(1 / 8, 12)
    // Half way between 1 and 4 turns: (1/8 + 1) / 2.
    expect(ratio(2.5)).toBeCloseTo(0.5625, 12)
  }
})

test('linear divides every frequency', () => {
  const scaling = parseRopeScaling({ rope_scaling: { type: 'linear', factor: 4 } }, 'config.json')
  expect(scaleFrequency(1, scaling)).toBe(0.25)
})

test('other kinds and odd fields are refused by name', () => {
  const parse = (fields: object) => () => parseRopeScaling({ rope_scaling: fields }, 'config.json')
  expect(parse({ rope_type: 'yarn', factor: 4 })).toThrow(/rope_type "yarn"/)
  expect(parse({ ...llama3, factor: 0 })).toThrow(/factor/)
  expect(parse({ ...llama3, high_freq_factor: 1 })).toThrow(/high_freq_factor/)
})
