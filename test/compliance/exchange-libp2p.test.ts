// Protects: gossip, sync and chunk transfer do what they promise over real libp2p nodes on loopback.
import { makeLibp2pWorld } from '../support/exchange-world.ts'
import { networkCompliance } from './network.ts'

networkCompliance('libp2p', makeLibp2pWorld)
