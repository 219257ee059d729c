/** No honest member ever signs two bodies of one slot, whatever crashed when. */
import type { Check } from '../history.ts'

export const singleSigning: Check = ({ signed, liars }) => {
  const first = new Map<string, string>()
  return signed
    .filter(({ member }) => !liars.includes(member))
    .filter(({ slot, digest }) => {
      const known = first.get(slot)
      if (known === undefined) first.set(slot, digest)
      return known !== undefined && known !== digest
    })
    .map(({ member, slot }) => ({ check: 'single-signing', what: `honest ${member} signed ${slot} twice` }))
}
