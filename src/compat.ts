/**
 * What Node 20 lacks and our dependencies call. Imported before anything else by every entry point and by the
 * test set-up: libp2p 3 calls `Promise.withResolvers` (ES2024), which Node has from 22 on.
 * Goes away with the last supported Node below 22.
 */
type Resolvers<T> = {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason?: unknown) => void
}

function withResolvers<T>(this: PromiseConstructor): Resolvers<T> {
  const resolvers: Partial<Resolvers<T>> = {}
  const promise = new this<T>((resolve, reject) => {
    resolvers.resolve = resolve
    resolvers.reject = reject
  })
  // The executor above ran synchronously, so both functions are set.
  return { ...resolvers, promise } as Resolvers<T>
}

if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    value: withResolvers,
    writable: true,
    configurable: true,
  })
}
