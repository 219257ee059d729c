// Protects: gossip, sync and chunk transfer do what they promise over the network in memory that simulations use.
import { makeMemoryWorld } from '../support/exchange-world.ts'
import { networkCompliance } from './network.ts'

networkCompliance('memory', makeMemoryWorld)
