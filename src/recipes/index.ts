/**
 * Recipes. In: a seed. Out: lines of text for the demo's base model and its sites. Never: real data, files.
 * Demo data only: nothing in the round itself knows of it.
 */
export { toJsonl, type RecipeLine } from './lexicon.ts'
export { pretrainingLines } from './pretraining.ts'
export { SITE_LORA, SITE_TRAINING } from './site-training.ts'
export { FORM_NAMES, siteData, siteRecipe, type FormName, type SiteData, type SiteRecipe } from './sites.ts'
