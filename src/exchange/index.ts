/**
 * Exchange. In: signed objects and updates of mine, the roster, addresses. Out: the objects and updates of all members
 * that can be reached, verified against their digests. Never: what an object means, or which updates count.
 * The only importer of libp2p.
 */
import { createExchange } from './exchange.ts'
import type { Exchange, ExchangeHandlers, ExchangeModules, ExchangeOptions } from './interface.ts'
import { createLibp2pTransport } from './libp2p-transport.ts'

export type {
  ChunkPlan,
  Exchange,
  ExchangeEvent,
  ExchangeHandlers,
  ExchangeLimits,
  ExchangeModules,
  ExchangeOptions,
  FetchedUpdate,
  FetchUpdateOptions,
  ObjectVerdict,
  ProviderFailure,
  Traffic,
  PublishResult,
  UpdateSource,
} from './interface.ts'
export { type ChunkStore, openChunkStore, type PartialUpdate } from './chunk-store.ts'
export { describeProxy, parseProxy, type Proxy } from './proxy.ts'
export type { UnreachableReason } from './unreachable.ts'
export { DEFAULT_LIMITS } from './limits.ts'
export { createExchange, type CreateTransport } from './exchange.ts'

/** The exchange of one round over libp2p. Call `start()`, and `stop()` at the end. */
export function openExchange(
  options: ExchangeOptions,
  handlers: ExchangeHandlers,
  modules: ExchangeModules,
): Exchange {
  return createExchange(options, handlers, modules, createLibp2pTransport)
}
