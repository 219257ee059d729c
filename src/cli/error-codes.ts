/**
 * Every error code that a person can meet: the exit status of a command that it ends, and when it comes. The one table
 * behind exit statuses and docs/CLI.md; a test compares it with the codes that occur in src/. Codes are stable: scripts
 * match them. What to do about one is said where it is thrown, where the file and the member are known.
 */
import type { ExitName } from './exit-status.ts'

export interface ErrorCodeInfo {
  /** null: it ends no command; it appears in checks, in the log or in the status. */
  readonly exit: ExitName | null
  /** When it comes, as a clause. */
  readonly when: string
}

const COMMAND_LINE = {
  USAGE: { exit: 'usage', when: 'the command line is not understood' },
  RATIONAL_INVALID: { exit: 'usage', when: 'a decimal such as 1.5 was expected' },
  INTERRUPTED: { exit: 'interrupted', when: 'a signal stopped the command' },
  CANCELLED: { exit: 'interrupted', when: 'a signal stopped long work' },
  COMMAND_FAILED: { exit: 'failed', when: 'a command that another one started has failed' },
  COMMAND_UNEXPECTED: { exit: 'internal', when: 'a command that another one started printed something else' },
  INTERNAL: { exit: 'internal', when: 'the program itself is at fault' },
} as const

const MACHINE = {
  FILE_MISSING: { exit: 'input', when: 'a file or folder that is needed is not there' },
  FILE_UNREADABLE: {
    exit: 'environment',
    when: 'a file cannot be opened: rights, a folder in its place, the disk',
  },
  FILE_TOO_LARGE: { exit: 'input', when: 'a file is larger than what it should hold can be' },
  FILE_CUT_SHORT: { exit: 'input', when: 'a file ended while it was read' },
  NO_SPACE: { exit: 'environment', when: 'the disk is full' },
  LOCKED: { exit: 'environment', when: 'another process uses the same folder' },
  LISTEN_FAILED: {
    exit: 'environment',
    when: 'an address cannot be listened on: in use, or not this machine’s',
  },
  DEVICE_UNAVAILABLE: { exit: 'environment', when: 'the wanted device (such as webgpu) is not there' },
  DEVICE_FALLBACK: {
    exit: 'environment',
    when: 'arithmetic ran on the processor although another device was named',
  },
  WORKER_LOST: { exit: 'environment', when: 'the process that held the model ended without a result' },
  KERNEL_MISMATCH: { exit: 'failed', when: 'the arithmetic module is not the one that the charter names' },
  KERNEL_ARITHMETIC: { exit: 'environment', when: 'this machine’s arithmetic is not IEEE 754’s' },
  KERNEL_LOST: { exit: 'environment', when: 'the process that does the arithmetic ended without a result' },
  KERNEL_MEMORY: { exit: 'environment', when: 'the arithmetic needs more memory than is allowed' },
} as const

const NODE = {
  KEY_PERMISSIONS: { exit: 'environment', when: 'the key file can be read by others on this machine' },
  KEY_MALFORMED: { exit: 'input', when: 'the key file does not hold 64 hex digits' },
  NODE_FOLDER_EXISTS: { exit: 'input', when: 'a new node was to be made where one is already' },
  NODE_OPTIONS_INVALID: { exit: 'input', when: 'node.json has an unknown field or a wrong value' },
  NO_ADAPTER: { exit: 'input', when: 'a node has no adapter to publish' },
  OWN_UPDATE_REFUSED: { exit: 'input', when: 'the adapter does not pass the charter’s own admission' },
  ADAPTER_OTHER_BASE: {
    exit: 'input',
    when: 'the adapter was trained on another base than the charter’s, or on the plain base in a round that builds on another',
  },
  BASE_MODEL_NEEDED: {
    exit: 'input',
    when: 'an adapter holds parameters trained whole, and the node’s options name no base model to compare them with',
  },
  BASIS_INVALID: { exit: 'input', when: 'the result that a round builds on does not hold' },
  SUCCESSOR_INVALID: { exit: 'input', when: 'a draft cannot follow the charter in force' },
  SUCCESSION_MISSING: {
    exit: 'input',
    when: 'a charter beyond epoch 0 lies here without the proof that it was decided',
  },
  SUCCESSION_INVALID: { exit: 'failed', when: 'a proof of succession does not hold' },
  CARRIED_FILE_INVALID: {
    exit: 'input',
    when: 'a carried file was cut off, changed, or is another kind of file',
  },
  CARRIED_OTHER_ROUND: { exit: 'input', when: 'a carried file is of another round or charter' },
  NOT_CARRIED: { exit: null, when: 'an update is not in the carried file' },
  MEMBER_UNKNOWN: { exit: 'usage', when: 'no member of the charter is called so' },
  JOURNAL_MISSING: { exit: 'input', when: 'a key has lost its journal: it may have signed anything' },
  JOURNAL_EXISTS: { exit: 'input', when: 'a journal was to be made where one is already' },
  JOURNAL_CORRUPT: { exit: 'input', when: 'the journal is damaged in the middle' },
  JOURNAL_OF_ANOTHER_KEY: { exit: 'input', when: 'key and journal do not belong together' },
  STATUS_MISSING: { exit: 'input', when: 'the node has not run yet' },
  STATUS_UNREADABLE: { exit: 'input', when: 'status.json is not what a node writes' },
  STORE_DAMAGED: { exit: 'input', when: 'a stored update does not have its digest any more' },
  ROUND_UNKNOWN: { exit: 'input', when: 'the charter has no such round' },
  SITE_CONFIG_INVALID: { exit: 'input', when: 'a demo site’s site.json has a wrong value' },
  REPORT_INVALID: { exit: 'failed', when: 'a report was changed, or its updates do not give the aggregate' },
  ATTACK_UNKNOWN: { exit: 'usage', when: 'no attack of the library is called so' },
  PLAN_INVALID: { exit: 'usage', when: 'the options of a local consortium do not fit together' },
} as const

const CHARTER = {
  CHARTER_MALFORMED: { exit: 'input', when: 'a charter file is no JSON, has a wrong field, or was edited' },
  CHARTER_INVALID: { exit: 'input', when: 'the figures of a charter contradict each other' },
  CHARTER_UNSIGNED: { exit: 'input', when: 'members have not signed the charter yet' },
  CHARTER_SIGNATURE_WRONG: { exit: 'failed', when: 'a signature is not the member’s over this charter' },
  CHARTERS_DIFFER: { exit: 'failed', when: 'two files that should hold one charter hold two' },
  NOT_A_MEMBER: { exit: 'input', when: 'the key is of no member of the charter' },
  INVITE_INVALID: { exit: 'input', when: 'an invite was cut off, mistyped, or is not by its own key' },
  BASE_MODEL_MISMATCH: {
    exit: 'failed',
    when: 'a file of the base model is not the one that the charter names',
  },
  BASE_MODEL_EMPTY: { exit: 'input', when: 'a folder holds no weights that are read' },
} as const

const MODEL = {
  SAFETENSORS_INVALID: { exit: 'input', when: 'a safetensors file is damaged, cut short, or none' },
  WEIGHTS_PICKLED: { exit: 'input', when: 'weights are pickled: reading those would run code' },
  WEIGHTS_MISMATCH: { exit: 'input', when: 'a tensor is missing or has another shape or dtype' },
  MODEL_CONFIG_INVALID: { exit: 'input', when: 'config.json lacks a field or has a wrong value' },
  HEAD_LABELS: {
    exit: 'usage',
    when: 'the classes of a new head are fewer than two, unnamed, or named twice',
  },
  HEAD_EXISTS: { exit: 'usage', when: 'a model would be written where one is' },
  MODEL_UNSUPPORTED: { exit: 'input', when: 'the architecture, or a variation of it, is not built' },
  MODEL_REFUSED: { exit: 'input', when: 'ONNX Runtime refuses the graph' },
  RUN_FAILED: { exit: 'environment', when: 'ONNX Runtime could not run the graph' },
  TOKENIZER_INVALID: { exit: 'input', when: 'tokenizer.json is none, or of a kind that is not read' },
  ONNX_INVALID: { exit: 'input', when: 'an ONNX file is damaged or none' },
  SHAPE_UNKNOWN: { exit: 'input', when: 'the shape of a value cannot be inferred; node and op are named' },
  ADAPTER_INVALID: { exit: 'input', when: 'an adapter folder’s config and tensors do not fit together' },
  ADAPTER_UNSUPPORTED: { exit: 'input', when: 'an adapter is of a kind that is not read' },
  ADAPTER_MISMATCH: { exit: 'input', when: 'an adapter does not fit the base model' },
  MODULE_UNKNOWN: { exit: 'input', when: 'a target names no module of the model; the near ones are listed' },
  MODULE_NOT_MERGEABLE: {
    exit: 'input',
    when: 'a graph’s weight is quantised, or read by something else too: no update can be merged into it',
  },
  MODULE_NOT_IN_BASE: { exit: 'input', when: 'a merged module has no weight in the base model' },
} as const

const TRAINING = {
  TRAIN_OPTION_INVALID: { exit: 'usage', when: 'a training option is missing or out of range' },
  DATA_INVALID: { exit: 'input', when: 'a line of a data file is no JSON or of no known form (file:line)' },
  DATA_EMPTY: { exit: 'input', when: 'a data file has nothing to learn from' },
  CHAT_TEMPLATE_MISSING: { exit: 'input', when: 'conversations, but the base has no chat template' },
  CHAT_TEMPLATE_INVALID: { exit: 'input', when: 'a chat template is too large or no Jinja' },
  CHAT_TEMPLATE_REFUSED: {
    exit: 'input',
    when: 'a chat template raises, does not end, or hides where answers are',
  },
  GENERATION_OPTION_INVALID: { exit: 'usage', when: 'an option of answering is out of range' },
  PROMPT_TOO_LONG: { exit: 'input', when: 'a prompt leaves no position of the model for an answer' },
  MODEL_NOT_GENERATIVE: { exit: 'input', when: 'a model that does not continue text is asked to' },
  END_OF_SEQUENCE_UNKNOWN: { exit: 'input', when: 'the model folder does not say which id ends a sequence' },
  RECIPE_INVALID: {
    exit: 'usage',
    when: 'a recipe file is no JSON, or has an unknown key or a value out of range',
  },
  TRAINING_DIVERGED: { exit: 'failed', when: 'loss or gradient became infinite; the last checkpoint stays' },
  CHECKPOINT_FOREIGN: { exit: 'input', when: 'the output folder holds a checkpoint of another run' },
  CHECKPOINT_INVALID: { exit: 'input', when: 'a checkpoint is damaged' },
  GRADIENT_UNSUPPORTED: {
    exit: 'input',
    when: 'ops have no gradient rule; all of them are listed with their nodes',
  },
  GRADIENT_OPSET: { exit: 'input', when: 'the graph’s operator set is not one that is differentiated' },
  GRADIENT_SHAPE_UNKNOWN: { exit: 'input', when: 'a gradient needs a shape that cannot be inferred' },
  GRADIENT_NOT_FINITE: { exit: 'failed', when: 'a gradient is NaN or infinite' },
  GRADIENTS_DIFFER: { exit: 'failed', when: 'gradients and reference do not have the same tensors' },
  LOSS_UNFIT: { exit: 'input', when: 'the graph’s output is nothing that the loss is defined on' },
  NOTHING_TRAINABLE: { exit: 'input', when: 'no trainable parameter has a part in the loss' },
  REFERENCE_INVALID: { exit: 'input', when: 'a folder of reference values is not whole' },
  ADAPTER_UNFIT: { exit: 'input', when: 'the reference adapter has a module that the graph lacks' },
} as const

const UPDATES = {
  UPDATE_TOO_LARGE: { exit: 'input', when: 'an update has more bytes than the charter allows' },
  UPDATE_RANK_TOO_LARGE: { exit: 'input', when: 'an update’s rank is above the charter’s' },
  UPDATE_FACTOR_DIFFERS: {
    exit: 'input',
    when: 'the A of an update are not those that the charter fixes for all',
  },
  UPDATE_SHAPE_MISMATCH: { exit: 'input', when: 'a factor’s shape is not the layout’s' },
  UPDATE_MODULES_MISMATCH: { exit: 'input', when: 'an adapter has not exactly the layout’s modules' },
  UPDATE_NOT_FINITE: { exit: 'input', when: 'an update holds NaN or infinity' },
  UPDATE_FISHER_MISSING: {
    exit: 'input',
    when: 'the charter asks for Fisher diagonals, and none of the right shape lie beside the adapter',
  },
  UPDATE_FISHER_NEGATIVE: { exit: 'input', when: 'a Fisher diagonal of an update holds a negative value' },
  UPDATE_ENTRY_TOO_LARGE: { exit: 'input', when: 'an entry of a factor is above the charter’s bound' },
  UPDATE_NORM_TOO_LARGE: { exit: 'input', when: 'an update’s norm is above the charter’s bound' },
  UPDATE_NOT_CANONICAL: { exit: 'input', when: 'an update file is not in its one allowed form' },
  MANIFEST_INVALID: { exit: 'input', when: 'a manifest is not what charter and header say' },
  RULE_UNKNOWN: { exit: 'usage', when: 'there is no such aggregation rule; the known ones are listed' },
  RULE_PARAMETER: {
    exit: 'usage',
    when: 'a step before a rule, or a parameter, is not there or out of range',
  },
  FISHER_MISSING: {
    exit: 'input',
    when: 'a rule weighs by Fisher diagonals, and an adapter has none beside it',
  },
  SEED_MISSING: { exit: 'usage', when: 'a rule draws lots, but was given no seed' },
  RULE_PRECONDITION: {
    exit: 'input',
    when: 'a rule does not hold for so many updates; the valid ones are listed',
  },
  WEIGHTS_UNCAPPABLE: { exit: 'input', when: 'no cap keeps b members below half of the weight' },
  MERGE_OPTION: { exit: 'usage', when: 'an option of a merge is missing or out of range' },
  ADAPTERS_DIFFER: { exit: 'input', when: 'adapters to merge do not have the same modules and shapes' },
  INPUT_MISMATCH: {
    exit: 'input',
    when: 'a file to aggregate does not have the layout’s modules and shapes',
  },
  INPUT_NOT_FINITE: { exit: 'input', when: 'an adapter to merge holds NaN or infinity' },
} as const

const CERTIFICATES = {
  CERTIFICATE_MALFORMED: { exit: 'input', when: 'a file is no certificate, or was cut off' },
  CERTIFICATE_MISSING: { exit: 'input', when: 'a folder holds no certificate' },
  AGGREGATE_INVALID: { exit: 'input', when: 'a file is no aggregate of a round' },
  BASE_MODEL_NEEDED: { exit: 'usage', when: 'merging into the base model needs --model' },
  BASIS_MISSING: { exit: 'input', when: 'the round that this one builds on has no result here' },
  BASIS_DIFFERS: { exit: 'failed', when: 'a round builds on another aggregate than lies below it' },
  NO_ADAPTER_IN_ROUND: {
    exit: 'usage',
    when: 'an adapter is asked for of a round in which the whole model was trained',
  },
  RANK_OF_SUM: { exit: 'usage', when: '--rank is given for a round that builds on others' },
  CERTIFICATE_OTHER_BASIS: { exit: null, when: 'decided updates start from elsewhere than the charter says' },
  EVALUATION_INVALID: { exit: 'input', when: 'a file is not what `evaluate --json` prints' },
  CERTIFICATE_OTHER_CHARTER: { exit: null, when: 'the proof names another charter' },
  CERTIFICATE_OTHER_ROUND: { exit: null, when: 'the proof is of another round' },
  CERTIFICATE_NOT_CANONICAL: { exit: null, when: 'decision or value are not in their one form' },
  CERTIFICATE_OBJECT_INVALID: { exit: null, when: 'a signed object in the proof is damaged or misplaced' },
  CERTIFICATE_NO_QUORUM: { exit: null, when: 'the proof has too few finalizes or attestations' },
  CERTIFICATE_OTHER_PREVIOUS: {
    exit: null,
    when: 'the decision of the cut before is lacking, or not the one that this cut adds to',
  },
  CERTIFICATE_OTHER_STATUSES: { exit: null, when: 'the statuses are not those decided on' },
  CERTIFICATE_OTHER_DECISION: { exit: null, when: 'the decision does not follow from the statuses' },
  CERTIFICATE_OTHER_HEADERS: { exit: null, when: 'the headers are not those of the decided updates' },
  CERTIFICATE_EVIDENCE_UNPROVEN: { exit: null, when: 'an exclusion is not proven' },
  CERTIFICATE_UNDECIDED: { exit: null, when: 'fewer updates were decided on than the charter asks for' },
  CERTIFICATE_RULE_UNKNOWN: { exit: null, when: 'the rule is none of the charter’s' },
  AGGREGATE_DIFFERS: { exit: 'failed', when: 'an aggregate’s digest is not the attested one' },
  UPDATE_DIFFERS: { exit: null, when: 'an update’s bytes are not those that were decided on' },
  ADAPTER_DIFFERS: { exit: null, when: 'the exported adapter is not that of the aggregate' },
} as const

const ROUND = {
  UNDECIDED: { exit: 'undecided', when: 'fewer updates than the charter asks for were decided on' },
  STALLED: { exit: 'undecided', when: 'too few members answer; the round goes on when they return' },
  ABANDONED: { exit: 'undecided', when: 'more members gave the round up than it can do without' },
  OWN_KEY_ELSEWHERE: {
    exit: 'failed',
    when: 'something is signed with this key that this node never signed',
  },
  TOO_MANY_LIARS: { exit: 'failed', when: 'more members signed contradictions than the charter bears' },
  CLOCK_SKEW: { exit: null, when: 'this clock and the members’ median differ too much' },
  VERSION_MISMATCH: { exit: null, when: 'a member’s node speaks another version of the round protocol' },
  RELAY_OVER_BOUNDS: { exit: null, when: 'a member has used up what this node relays for one member' },
  PEER_OVER_BOUNDS: { exit: null, when: 'a member hands over more objects than a round has' },
  GOSSIP_SILENT: { exit: null, when: 'members are connected, yet gossip reaches nobody' },
  OBJECT_TOO_LARGE: { exit: 'internal', when: 'an object of our own is larger than its type may be' },
  MEMBER_DISCONNECTED: { exit: null, when: 'a member went away during a transfer' },
  PROTOCOL_UNKNOWN: { exit: null, when: 'a member does not speak a protocol that it should' },
  PROTOCOL_VIOLATED: { exit: null, when: 'a member sent what the protocol does not allow' },
  STREAM_CLOSED: { exit: null, when: 'a member closed a stream before its end' },
  STREAM_OVERFLOW: { exit: null, when: 'a member sent more than it was asked for' },
  TURNED_AWAY: { exit: null, when: 'a member does not know this key: its charter is another one' },
  PROXY_UNREACHABLE: { exit: null, when: 'the proxy of `network.proxy` does not answer, or not as one' },
  PROXY_REFUSED: { exit: null, when: 'the proxy wants another login, or its rules forbid the connection' },
  ROUTER_REFUSES: { exit: null, when: 'the router does not open the port that `network.upnp` asks it for' },
  FRAME_TOO_LARGE: { exit: null, when: 'a member announced more bytes than are allowed' },
  TOO_LARGE: { exit: null, when: 'an encoded object is longer than its type may be' },
  MALFORMED: { exit: null, when: 'bytes are not of the type that they claim to be' },
  NOT_CANONICAL: { exit: null, when: 'bytes are not the one encoding of their value' },
  UNKNOWN_TYPE: { exit: null, when: 'an object is of a type that this version does not know' },
} as const

export const ERROR_CODES: Readonly<Record<string, ErrorCodeInfo>> = {
  ...COMMAND_LINE,
  ...MACHINE,
  ...NODE,
  ...CHARTER,
  ...MODEL,
  ...TRAINING,
  ...UPDATES,
  ...CERTIFICATES,
  ...ROUND,
  // Models, adapters and data on this machine.
  // Training.
}
