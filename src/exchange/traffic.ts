/**
 * Counts the bytes of all connections, as they go over the wire: encryption, multiplexing, gossip and all.
 *
 * libp2p tells whoever stands in as its metrics about every connection; of all that metrics may be asked for, this counts
 * the bytes and takes part in nothing else.
 */
import type { Metrics, MultiaddrConnection, Stream } from '@libp2p/interface'

/** Bytes since the start. */
export interface WireBytes {
  readonly sentBytes: number
  readonly receivedBytes: number
}

export interface TrafficCounter {
  readonly metrics: () => Metrics
  readonly wireBytes: () => WireBytes
}

const nothing = (): undefined => undefined
const asIs = <F>(_name: string, fn: F): F => fn
const gauge = {
  update: nothing,
  increment: nothing,
  decrement: nothing,
  reset: nothing,
  timer: () => nothing,
}
const counter = { increment: nothing, reset: nothing }
const distribution = { observe: nothing, reset: nothing, timer: () => nothing }

/** @param onStream — told of every protocol's stream as it opens */
export function createTrafficCounter(onStream: (stream: Stream) => void = nothing): TrafficCounter {
  let sentBytes = 0
  let receivedBytes = 0
  const watch = (connection: MultiaddrConnection): void => {
    const send = connection.send.bind(connection)
    connection.send = (data) => {
      sentBytes += data.byteLength
      return send(data)
    }
    connection.addEventListener('message', ({ data }) => {
      receivedBytes += data.byteLength
    })
  }
  // Some of these have an overload for values that are calculated on demand: nobody ever demands one.
  const metrics: Metrics = {
    trackMultiaddrConnection: watch,
    trackProtocolStream: onStream,
    registerMetric: () => gauge,
    registerMetricGroup: () => gauge,
    registerCounter: () => counter,
    registerCounterGroup: () => counter,
    registerHistogram: () => distribution,
    registerHistogramGroup: () => distribution,
    registerSummary: () => distribution,
    registerSummaryGroup: () => distribution,
    traceFunction: asIs,
    createTrace: nothing,
  }
  return { metrics: () => metrics, wireBytes: () => ({ sentBytes, receivedBytes }) }
}
