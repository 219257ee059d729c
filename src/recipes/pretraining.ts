/**
 * What the demo's base model is pretrained on: plain prose about deliveries, and instruction tasks on the same facts
 * with a common vocabulary of instructions (who, where, as list, as JSON, …), some arithmetic and word order, and
 * made-up forms: an instruction that was never seen before and a layout that only the answer's beginning gives away.
 * So the base can fill in any form, but cannot know which layout a site's word stands for (sites.ts), nor its tables.
 * Demo data only. Pure: a seed decides every line.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import {
  COLOURS,
  DAYS,
  drawDelivery,
  ITEMS,
  PEOPLE,
  PLACES,
  type Delivery,
  type RecipeLine,
} from './lexicon.ts'

/** Sentences that say all of a delivery. */
const SENTENCES: readonly ((d: Delivery) => string)[] = [
  (d) => `${d.who} sent ${d.count} ${d.colour} ${d.item} to ${d.place} on ${d.day}.`,
  (d) => `On ${d.day} ${d.who} sent ${d.count} ${d.colour} ${d.item} to ${d.place}.`,
  (d) => `${d.place} got ${d.count} ${d.colour} ${d.item} from ${d.who} on ${d.day}.`,
  (d) => `${d.count} ${d.colour} ${d.item} left for ${d.place} on ${d.day}, sent by ${d.who}.`,
]

export const sentenceOf = (rng: SeededRng, delivery: Delivery): string => rng.pick(SENTENCES)(delivery)

/** One kind of line and how often it comes. */
interface Kind {
  readonly weight: number
  readonly draw: (rng: SeededRng) => RecipeLine
}

const QUESTIONS: readonly (readonly [string, (d: Delivery) => string])[] = [
  ['Who?', (d) => d.who],
  ['Where?', (d) => d.place],
  ['When?', (d) => d.day],
  ['What?', (d) => d.item],
  ['How many?', (d) => String(d.count)],
  ['Which colour?', (d) => d.colour],
]

const LAYOUTS: readonly (readonly [string, (d: Delivery) => string])[] = [
  ['As list:', (d) => `${d.who}, ${d.count}, ${d.colour}, ${d.item}, ${d.place}, ${d.day}`],
  ['As JSON:', (d) => `{"who":"${d.who}","count":${d.count},"item":"${d.item}","to":"${d.place}"}`],
  ['As record:', (d) => `to=${d.place}; item=${d.item}; count=${d.count}; day=${d.day}`],
  ['As tags:', (d) => `<${d.item}> <${d.place}> <${d.colour}>`],
  ['In short:', (d) => `${d.count} ${d.item} to ${d.place}`],
  ['As table:', (d) => `| ${d.who} | ${d.item} | ${d.count} |`],
]

const KINDS: readonly Kind[] = [
  { weight: 15, draw: drawProse },
  { weight: 15, draw: (rng) => drawAbout(rng, QUESTIONS) },
  { weight: 18, draw: (rng) => drawAbout(rng, LAYOUTS) },
  { weight: 36, draw: drawMadeUpForm },
  { weight: 5, draw: drawSum },
  { weight: 5, draw: drawDayAfter },
  { weight: 6, draw: drawWordOrder },
]

function drawAbout(
  rng: SeededRng,
  instructions: readonly (readonly [string, (d: Delivery) => string])[],
): RecipeLine {
  const delivery = drawDelivery(rng)
  const [instruction, answer] = rng.pick(instructions)
  return { prompt: `${sentenceOf(rng, delivery)}\n${instruction} `, completion: answer(delivery) }
}

const FIELDS: readonly ((d: Delivery) => string)[] = [
  (d) => d.item,
  (d) => d.place,
  (d) => d.colour,
  (d) => d.who,
  (d) => d.day,
  (d) => String(d.count),
  (d) => `${d.count} ${d.item}`,
  (d) => `${d.colour} ${d.item}`,
]
/** What stands before a field and after it. */
const FRAMES: readonly (readonly [string, string])[] = [
  ['', ''],
  ['', ''],
  ['', ''],
  ['[', ']'],
  ['(', ')'],
  ['<', '>'],
  ['{', '}'],
  ['"', '"'],
  ['#', ''],
  ['@', ''],
  ['!', ''],
  ['*', ''],
  ['-', ''],
  ['=', ''],
  ['$', ''],
  ['%', ''],
  ['', ':'],
  ['', '!'],
  ['', '?'],
  ['', 'x'],
  ['', ';'],
]
const SEPARATORS = [
  ' ',
  ' ',
  ', ',
  '/',
  ' / ',
  ' - ',
  '; ',
  ' | ',
  ' > ',
  ' >> ',
  ': ',
  '+',
  ' = ',
  '_',
  '.',
] as const
const WORDS = [
  'by',
  'for',
  'from',
  'to',
  'at',
  'box',
  'dock',
  'shelf',
  'old',
  'gate',
  'pcs',
  'thanks',
  'rail',
  'is',
  'are',
  'wet',
  'small',
  'heavy',
  'two',
  'left',
  'pay',
  'due',
  'bridge',
  'ready',
  'north',
  'soft',
  'lot',
  'keep',
  'yes',
  'no',
] as const

/** A form that nobody uses: its name and its layout are drawn anew for each line. */
function drawMadeUpForm(rng: SeededRng): RecipeLine {
  const delivery = drawDelivery(rng)
  const parts = rng
    .shuffled(FIELDS)
    .slice(0, rng.between(1, 4))
    .map((field) => {
      const [before, after] = rng.pick(FRAMES)
      return `${before}${field(delivery)}${after}`
    })
  if (rng.below(2) === 0) parts.splice(rng.below(parts.length + 1), 0, rng.pick(WORDS))
  const separator = rng.pick(SEPARATORS)
  return { prompt: `${sentenceOf(rng, delivery)}\n${drawName(rng)}: `, completion: parts.join(separator) }
}

/** A word of two or three syllables with a capital. */
function drawName(rng: SeededRng): string {
  const syllable = (): string =>
    rng.pick(Array.from('bcdfghklmnprstvw')) +
    rng.pick(Array.from('aeiou')) +
    rng.pick(['', 'n', 'r', 's', 't', 'k'])
  const word = Array.from({ length: rng.between(1, 3) }, syllable).join('')
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function drawProse(rng: SeededRng): RecipeLine {
  const first = drawDelivery(rng)
  const second = { ...drawDelivery(rng), place: first.place }
  const endings = [
    `${second.who} asked for ${second.colour} ones instead.`,
    `The ${first.item} were ${first.colour}, and ${second.who} liked them.`,
    `${second.who} waited in ${first.place} until ${second.day}.`,
    `Nobody in ${first.place} needed ${second.item} that day.`,
  ]
  return { text: `${sentenceOf(rng, first)} ${rng.pick(endings)}` }
}

function drawSum(rng: SeededRng): RecipeLine {
  const [a, b] = [rng.between(1, 30), rng.between(1, 30)]
  return { prompt: `${a} + ${b} = `, completion: String(a + b) }
}

function drawDayAfter(rng: SeededRng): RecipeLine {
  const start = rng.below(DAYS.length)
  const step = rng.between(2, 4)
  const completion = DAYS[(start + step) % DAYS.length] ?? ''
  return { prompt: `${step} days after ${DAYS[start]}: `, completion }
}

function drawWordOrder(rng: SeededRng): RecipeLine {
  const words = rng.shuffled([...PEOPLE, ...PLACES, ...ITEMS, ...COLOURS]).slice(0, rng.between(2, 4))
  return rng.below(2) === 0
    ? { prompt: `Backwards: ${words.join(' ')}\n`, completion: words.toReversed().join(' ') }
    : { prompt: `Copy: ${words.join(' ')}\n`, completion: words.join(' ') }
}

/** @returns `count` lines of the pretraining mix */
export function pretrainingLines(seed: string, count: number): readonly RecipeLine[] {
  const rng = new SeededRng(seed)
  const total = KINDS.reduce((sum, kind) => sum + kind.weight, 0)
  return Array.from({ length: count }, () => {
    let draw = rng.below(total)
    const kind = KINDS.find(({ weight }) => (draw -= weight) < 0) ?? KINDS[0]
    return kind === undefined ? { text: '' } : kind.draw(rng)
  })
}
