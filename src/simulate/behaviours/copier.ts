/** Commits to another member's update: its digest names its owner, so admission refuses it everywhere. */
import { type Behaviour, draftFor, ownDraft } from '../site.ts'

export const copier: Behaviour = {
  name: 'copier',
  draft: (liar) => {
    const held = [...liar.state.objects.values()].find(
      (message) => message.type === 'header' && message.member !== liar.member,
    )
    return held?.type === 'header' ? draftFor(held.body.update) : ownDraft(liar, '')
  },
}
