/** A promise with its settlers outside: `Promise.withResolvers`, which Node 20 lacks. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

export function deferred<T>(): Deferred<T> {
  let settlers: Pick<Deferred<T>, 'resolve' | 'reject'> = {
    resolve: () => undefined,
    reject: () => undefined,
  }
  const promise = new Promise<T>((resolve, reject) => {
    settlers = { resolve, reject }
  })
  return { promise, ...settlers }
}
