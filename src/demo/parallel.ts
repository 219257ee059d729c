/** Several things at a time, as many as this machine has processors. */
import { availableParallelism } from 'node:os'

/** `map` with at most `limit` calls at a time; results in order. The first failure ends it. */
export async function mapInParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit: number = availableParallelism(),
): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
