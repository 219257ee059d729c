/** What a task is to those who train and evaluate: a kind of loss, and a way to read files of its samples. */
import type { Dataset } from '../dataset.ts'

/** What a model learns: the kinds of `transformers`' Auto classes that are supported. */
export const TASKS = ['causal-lm', 'sequence-classification', 'image-classification', 'denoising'] as const
export type Task = (typeof TASKS)[number]

/** What was done to the samples of files on the way in; part of `training.json`. */
export interface DataSummary {
  /** Samples that were longer than the model takes and lost their ends. */
  readonly samplesCut: number
  /** Samples without anything to learn. */
  readonly samplesLeftOut: number
}

export interface TaskData {
  readonly dataset: Dataset
  readonly summary: DataSummary
}
