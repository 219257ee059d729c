// Protects: rotary frequencies of long-context Llamas: fast waves stay, slow ones stretch, unknown kinds are refused.
import { expect, test } from 'vitest'
import { parseRopeScaling, rotaryWaves, scaleFrequency } from '../../../src/model/rope-scaling.ts'

/** As `parseRopeScaling`, for kinds that scale each frequency by itself. */
function parseByFrequency(raw: Record<string, unknown>) {
  const scaling = parseRopeScaling(raw, 'config.json')
  if (scaling?.kind === 'linear' || scaling?.kind === 'llama3') return scaling
  throw new Error('other kinds look at all frequencies')
}

const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
}

test('llama3 stretches by the number of turns within the original length, in both forms of config', () => {
  for (const raw of [{ rope_scaling: llama3 }, { rope_parameters: llama3 }]) {
    const scaling = parseByFrequency(raw)
    const ofTurns = (turns: number): number => (turns * 2 * Math.PI) / 8192
    const ratio = (turns: number): number => scaleFrequency(ofTurns(turns), scaling) / ofTurns(turns)
    expect(ratio(5)).toBeCloseTo(1, 12)
    expect(ratio(0.5)).toBeCloseTo(1 / 8, 12)
    // Half way between 1 and 4 turns: (1/8 + 1) / 2.
    expect(ratio(2.5)).toBeCloseTo(0.5625, 12)
  }
})

test('linear divides every frequency', () => {
  const scaling = parseByFrequency({ rope_scaling: { type: 'linear', factor: 4 } })
  expect(scaleFrequency(1, scaling)).toBe(0.25)
})

test('yarn keeps the fastest wave, stretches the slowest, and makes scores louder', () => {
  const fields = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4096 }
  const waves = rotaryWaves(10_000, 64, parseRopeScaling({ rope_scaling: fields }, 'config.json'))
  const plain = rotaryWaves(10_000, 64, null)
  const ratios = waves.frequencies.map((frequency, i) => frequency / (plain.frequencies[i] ?? Number.NaN))
  // 4096 positions are 32 turns at pair 10.46 of 32, and one turn at pair 22.51: the ramp goes from 10 to 23.
  expect(ratios.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 1))
  expect(ratios[11]).toBeCloseTo(1 - (1 / 13) * 0.75, 9)
  expect(ratios[22]).toBeCloseTo(1 - (12 / 13) * 0.75, 9)
  expect(ratios.slice(23)).toEqual(Array.from({ length: 9 }, () => 0.25))
  expect(waves.amplitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12)
  expect(plain.amplitude).toBe(1)
})

test('dynamic leaves the first length alone, and stretches the slowest wave by the factor of the rest beyond', () => {
  const raw = { max_position_embeddings: 100, rope_parameters: { rope_type: 'dynamic', factor: 4 } }
  const { frequencies, amplitude, beyond } = rotaryWaves(10_000, 8, parseRopeScaling(raw, 'config.json'))
  expect(frequencies).toEqual(rotaryWaves(10_000, 8, null).frequencies)
  expect(amplitude).toBe(1)
  if (beyond?.kind !== 'stretched') throw new Error('dynamic stretches')
  expect(beyond).toMatchObject({ originalCount: 100, factor: 4 })
  // θ' = θ·g^(8/6): frequency i is θ'^(−i/4), which is the plain one times g^(−i/3).
  expect(beyond.powers.map((power) => power * 3)).toEqual([0, -1, -2, -3])
})

test('longrope divides each frequency by its own factor, and is louder by the ratio of lengths or as it is told', () => {
  const lists = { short_factor: [1, 2], long_factor: [4, 8], original_max_position_embeddings: 16 }
  const waves = (fields: object) => {
    const raw = { max_position_embeddings: 64, rope_scaling: { type: 'longrope', ...lists, ...fields } }
    return rotaryWaves(100, 4, parseRopeScaling(raw, 'config.json'))
  }
  const { frequencies, beyond, amplitude } = waves({})
  expect(frequencies).toEqual([1, 1 / 10 / 2])
  expect(beyond).toEqual({ kind: 'replaced', originalCount: 16, frequencies: [1 / 4, 1 / 10 / 8] })
  // Four times as long: √(1 + ln 4 / ln 16) = √1.5.
  expect(amplitude).toBeCloseTo(Math.sqrt(1.5), 12)
  expect(waves({ factor: 16 }).amplitude).toBeCloseTo(Math.SQRT2, 12)
  expect(waves({ factor: 1 }).amplitude).toBe(1)
  expect(waves({ attention_factor: 1.25 }).amplitude).toBe(1.25)
  expect(() => waves({ short_factor: [1, -1] })).toThrow(/short_factor/)
  expect(() => waves({ long_mscale: 1.2 })).toThrow(/long_mscale/)
})

test('other kinds and odd fields are refused by name', () => {
  const parse = (fields: object) => () => parseRopeScaling({ rope_scaling: fields }, 'config.json')
  expect(parse({ rope_type: 'ntk', factor: 4 })).toThrow(/rope_type "ntk"/)
  expect(parse({ rope_type: 'yarn', factor: 4, mscale: 0.7 })).toThrow(/mscale of rope_type "yarn"/)
  expect(parse({ rope_type: 'yarn' })).toThrow(/factor of rope_type "yarn"/)
  expect(parse({ rope_type: 'yarn', factor: 4, rope_theta: 1 })).toThrow(/rope_theta/)
  expect(parse({ ...llama3, factor: 0 })).toThrow(/factor/)
  expect(parse({ ...llama3, high_freq_factor: 1 })).toThrow(/high_freq_factor/)
})
