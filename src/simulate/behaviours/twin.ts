/** One key in two processes, each with a journal of its own: a restored backup that was started beside the original. */
import { type Behaviour, ownDraft, Site } from '../site.ts'

const shadows = new WeakMap<Site, Site>()

/** The second process: an ordinary member, but for its other update. */
const twinShadow: Behaviour = { name: 'twin-shadow', draft: (liar) => ownDraft(liar, 'of the twin') }

export const twin: Behaviour = {
  name: 'twin',
  onStart: (liar) => {
    if (shadows.has(liar)) return
    const shadow = new Site(liar.world, liar.member, twinShadow)
    shadows.set(liar, shadow)
    shadow.start()
  },
  onReceive: (liar, message) => shadows.get(liar)?.receive(message),
}
