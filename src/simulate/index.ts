/**
 * Simulate. In: seeds. Out: for each a whole round among n members in virtual time, with faults and liars, and what the
 * checkers found. Never: real time, real network, and no line of the engine in a checker.
 */
export { BEHAVIOUR_NAMES } from './behaviours/registry.ts'
export type { BehaviourName } from './behaviours/registry.ts'
export { runCampaign } from './campaign.ts'
export type { Campaign, CampaignOptions } from './campaign.ts'
export { CHECKS } from './checks/registry.ts'
export type { Check, History, Violation } from './history.ts'
export { buildScenario } from './scenario.ts'
export type { Scenario, ScenarioOptions } from './scenario.ts'
export { runWorld } from './world.ts'
export type { WorldResult } from './world.ts'
