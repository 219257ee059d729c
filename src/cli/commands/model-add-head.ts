/** `oneround model add-head`: a pretrained encoder becomes a classifier of named classes, the same at every site. */
import { addHead } from '../../model/encoder/add-head.ts'
import { defineCommand, list, required, text, withDefault } from '../command.ts'

export const modelAddHeadCommand = defineCommand({
  name: 'model add-head',
  description:
    'Writes a base for classification from an encoder that has no classifier: its weights as they are, and a head drawn\n' +
    'from the seed. The same model, classes and seed give the same files, so all members of a consortium get one base.',
  arguments: [{ name: 'folder', help: 'Hugging Face folder of a BERT, RoBERTa, DistilBERT or ViT encoder' }],
  options: {
    labels: list('--labels <names>', 'the classes, in the order of their numbers'),
    out: required(text('-o, --out <folder>', 'gets the model')),
    seed: withDefault(text('--seed <text>', 'decides the head’s first values'), 'oneround'),
  },
  examples: ['oneround model add-head bert-base-uncased --labels no,yes --out base'],
  run: async ({ args: [folder = ''], options: { labels, out, seed } }) => {
    const { parameters, modulesToSave } = await addHead({ folder, labels, seed, out })
    const names = [...parameters].map(([name, shape]) => `${name} [${shape.join(', ')}]`)
    return {
      document: {
        schema: 'oneround/head@1',
        out,
        labels: [...labels],
        parameters: [...parameters].map(([name, shape]) => ({ name, shape: [...shape] })),
        modulesToSave: [...modulesToSave],
      },
      text: [
        `${out}: a classifier of ${labels.length} classes, with ${names.join(', ')} drawn from the seed.`,
        `The head learns only where it is trained: --modules-to-save ${modulesToSave.join(',')}.`,
      ].join('\n'),
    }
  },
})
