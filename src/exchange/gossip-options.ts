/**
 * Gossipsub for small consortia whose rounds are silent most of the time. Every setting that differs from the library's
 * default says what happens without it.
 * Source: gossipsub v1.1 specification; docs/PROTOCOL.md §10.
 */
import { type gossipsub, StrictNoSign } from '@libp2p/gossipsub'

/** Both ends must agree: a smaller one silently ends the gossip of whoever sends more. Twice what we ever publish. */
const GOSSIP_INBOUND_SIZE_BYTES_MAX = 512 * 1024
/** An "I have it already" costs as much as what it saves, below this. */
const IDONTWANT_SIZE_BYTES_MIN = 16 * 1024

export function gossipOptions(topic: string): NonNullable<Parameters<typeof gossipsub>[0]> {
  return {
    // The objects are signed by their members: a second signature by whoever publishes them says nothing.
    globalSignaturePolicy: StrictNoSign,
    allowedTopics: [topic],
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // Small consortia: my own objects go to every neighbour at once, mesh or not.
    floodPublish: true,
    // What everybody had from its author need not come six times more (measured with 16 members: 2,500 messages each, of
    // which 380 were new). Two neighbours carry it on to whom the author does not reach; sync finds whoever is left.
    D: 2,
    Dlo: 1,
    Dhi: 4,
    Dscore: 1,
    Dout: 0,
    idontwantMinDataSize: IDONTWANT_SIZE_BYTES_MIN,
    maxInboundDataLength: GOSSIP_INBOUND_SIZE_BYTES_MAX,
    doPX: false,
    scoreParams: {
      // Many sites share one address (loopback, one NAT): the default empties the mesh of 16 without a word.
      IPColocationFactorWeight: 0,
      topics: {
        [topic]: {
          topicWeight: 1,
          timeInMeshWeight: 0.01,
          timeInMeshQuantum: 1_000,
          timeInMeshCap: 300,
          firstMessageDeliveriesWeight: 0.1,
          firstMessageDeliveriesDecay: 0.9,
          firstMessageDeliveriesCap: 50,
          // Rounds are silent most of the time: nobody owes a rate of messages.
          meshMessageDeliveriesWeight: 0,
          meshMessageDeliveriesDecay: 0.5,
          meshMessageDeliveriesCap: 100,
          meshMessageDeliveriesThreshold: 20,
          meshMessageDeliveriesWindow: 10,
          meshMessageDeliveriesActivation: 5_000,
          meshFailurePenaltyWeight: 0,
          meshFailurePenaltyDecay: 0.5,
          // Without a topic weight fifty rejected messages cost a peer nothing: −10 each, squared, from the first.
          invalidMessageDeliveriesWeight: -10,
          invalidMessageDeliveriesDecay: 0.9,
        },
      },
    },
    // −10·4² = −160: four rejected messages and its gossip is no longer read; it heals as the count decays.
    scoreThresholds: { gossipThreshold: -40, publishThreshold: -80, graylistThreshold: -150 },
  }
}
