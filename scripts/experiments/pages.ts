/** docs/results pages of the experiments: words are written by hand, what lies between marks is made from raw lines. */
import { answerOf } from './answer.ts'
import { ofAsynchrony } from './asynchrony-claims.ts'
import { arrivalPicture, arrivalTable, lateTable } from './asynchrony-report.ts'
import { bytesTable, linksTable, ofBytes } from './bytes-report.ts'
import type { Direction } from './direction.ts'
import { ofExactness, ofRounds } from './directions.ts'
import {
  directionTable,
  exactnessPicture,
  exactnessTable,
  geometryTable,
  lossPicture,
  madeBy,
  predictorTable,
  roundsTable,
  tauPicture,
} from './report.ts'
import { ofRobustness } from './robustness-claims.ts'
import { backdoorTable, estimateTable, robustnessPicture, robustnessTable } from './robustness-report.ts'
import type { Line } from './types.ts'

export interface Page {
  /** In docs/results. */
  readonly file: string
  /** By mark. */
  readonly tables: Readonly<Record<string, () => string>>
}

export function pagesOf(lines: readonly Line[]): readonly Page[] {
  const rounds = lines.filter((line) => line.kind === 'rounds')
  const exactness = lines.filter((line) => line.kind === 'exactness')
  const asynchrony = lines.filter((line) => line.kind === 'asynchrony')
  const robustness = lines.filter((line) => line.kind === 'robustness')
  const bytes = lines.filter((line) => line.kind === 'bytes')
  // Bootstraps over hundreds of cells take a while, and two pages show these.
  let found: readonly Direction[] | null = null
  const ofAllRounds = (): readonly Direction[] => (found ??= ofRounds(rounds))
  return [
    {
      file: 'README.md',
      tables: {
        answer: () => answerOf(lines),
        directions: () =>
          directionTable([
            ...ofAllRounds(),
            ...ofExactness(exactness),
            ...ofAsynchrony(asynchrony),
            ...ofRobustness(robustness),
            ...ofBytes(bytes),
          ]),
        'made-by': () => madeBy(lines),
      },
    },
    {
      file: 'one-round.md',
      tables: {
        rounds: () => roundsTable(rounds),
        geometry: () => geometryTable(rounds),
        predictors: () => predictorTable(rounds),
        directions: () => directionTable(ofAllRounds()),
        'made-by': () => madeBy(rounds),
      },
    },
    {
      file: 'exactness.md',
      tables: { exactness: () => exactnessTable(exactness), 'made-by': () => madeBy(exactness) },
    },
    {
      file: 'asynchrony.md',
      tables: {
        arrivals: () => arrivalTable(asynchrony),
        late: () => lateTable(asynchrony),
        directions: () => directionTable(ofAsynchrony(asynchrony)),
        'made-by': () => madeBy(asynchrony),
      },
    },
    {
      file: 'robustness.md',
      tables: {
        directions: () => directionTable(ofRobustness(robustness)),
        estimates: () => estimateTable(robustness),
        backdoors: () => backdoorTable(robustness),
        robustness: () => robustnessTable(robustness),
        'made-by': () => madeBy(robustness),
      },
    },
    {
      file: 'bytes.md',
      tables: {
        bytes: () => bytesTable(bytes),
        links: () => linksTable(bytes),
        directions: () => directionTable(ofBytes(bytes)),
        'made-by': () => madeBy(bytes),
      },
    },
  ]
}

export function picturesOf(lines: readonly Line[]): ReadonlyMap<string, string> {
  const rounds = lines.filter((line) => line.kind === 'rounds')
  const exactness = lines.filter((line) => line.kind === 'exactness')
  const asynchrony = lines.filter((line) => line.kind === 'asynchrony')
  const robustness = lines.filter((line) => line.kind === 'robustness')
  return new Map([
    ...(rounds.length === 0
      ? []
      : ([
          ['one-round-loss.svg', lossPicture(rounds)],
          ['one-round-tau.svg', tauPicture(rounds)],
        ] as const)),
    ...(exactness.length === 0 ? [] : ([['exactness.svg', exactnessPicture(exactness)]] as const)),
    ...(asynchrony.length === 0 ? [] : ([['asynchrony.svg', arrivalPicture(asynchrony)]] as const)),
    ...(robustness.length === 0 ? [] : ([['robustness.svg', robustnessPicture(robustness)]] as const)),
  ])
}
