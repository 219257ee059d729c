/**
 * Chat templates in the style of well-known models, written for these tests from the models' published prompt formats,
 * with the text that each format asks for. Facts: the formats of the model cards of ChatML, Llama 2, Llama 3, Zephyr, Gemma,
 * Mistral and Qwen 3.
 */
export interface Style {
  readonly name: string
  readonly template: string
  readonly tokens: Readonly<Record<string, string>>
  /** Whether the format has a place for a system prompt. */
  readonly hasSystem: boolean
  /** Of system "Be brief.", user "Hi", assistant "Hello!", user "Sum?", assistant "4". Targets stand between « and ». */
  readonly expected: string
  /** Of the first two messages, with the head of an answer. */
  readonly prompt: string
}

const CHATML = `{% for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
`

const LLAMA2 = `{% if messages[0]['role'] == 'system' %}
{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}
{% else %}
{% set loop_messages = messages %}{% set system_message = false %}
{% endif %}
{% for message in loop_messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{% endif %}
{% if loop.index0 == 0 and system_message != false %}
{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
{% else %}
{% set content = message['content'] %}
{% endif %}
{% if message['role'] == 'user' %}
{{- bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{%- elif message['role'] == 'assistant' %}
{{- ' ' + content.strip() + ' ' + eos_token }}
{%- endif %}
{% endfor %}
`

const LLAMA3 = `{% for message in messages %}
{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' %}
{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}
{{- content }}
{%- endfor %}
{% if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`

const ZEPHYR = `{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token + '\\n' }}
{%- elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token + '\\n' }}
{%- elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n' + message['content'] + eos_token + '\\n' }}
{%- endif %}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|assistant|>\\n' }}
{%- endif %}
`

const GEMMA = `{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
{%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{- '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
`

const MISTRAL = `{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}{%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.first and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}
`

/** Thoughts of former turns are left out, and the last turn has a place for them: no prefix of the whole. */
const QWEN3 = `{%- set ns = namespace(last=-1) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}{%- set ns.last = loop.index0 %}{%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {%- if loop.index0 > ns.last %}
            {{- '<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' + content + '<|im_end|>\\n' }}
        {%- else %}
            {{- '<|im_start|>assistant\\n' + content + '<|im_end|>\\n' }}
        {%- endif %}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
`

const MARKED = `{% for message in messages %}
    {% if message.role == 'assistant' %}
<|assistant|>
        {%- generation -%}
        {{ message.content }}<|end|>
        {%- endgeneration -%}
    {% else %}
<|{{ message.role }}|>{{ message.content }}<|end|>
    {%- endif %}
{% endfor %}
{% if add_generation_prompt %}<|assistant|>{% endif %}
`

const SENTENCE = { bos_token: '<s>', eos_token: '</s>' }

export const STYLES: readonly Style[] = [
  {
    name: 'chatml',
    template: CHATML,
    tokens: {},
    hasSystem: true,
    expected:
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n' +
      '<|im_start|>assistant\n«Hello!<|im_end|>\n»<|im_start|>user\nSum?<|im_end|>\n' +
      '<|im_start|>assistant\n«4<|im_end|>\n»',
    prompt:
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  },
  {
    name: 'llama-2',
    template: LLAMA2,
    tokens: SENTENCE,
    hasSystem: true,
    expected:
      '<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]« Hello! </s>»<s>[INST] Sum? [/INST]« 4 </s>»',
    prompt: '<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]',
  },
  {
    name: 'llama-3',
    template: LLAMA3,
    tokens: { bos_token: '<|begin_of_text|>' },
    hasSystem: true,
    expected:
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>' +
      '<|start_header_id|>assistant<|end_header_id|>\n\n«Hello!<|eot_id|>»' +
      '<|start_header_id|>user<|end_header_id|>\n\nSum?<|eot_id|>' +
      '<|start_header_id|>assistant<|end_header_id|>\n\n«4<|eot_id|>»',
    prompt:
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
  },
  {
    name: 'zephyr',
    template: ZEPHYR,
    tokens: SENTENCE,
    hasSystem: true,
    expected:
      '<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\n«Hello!</s>\n»' +
      '<|user|>\nSum?</s>\n<|assistant|>\n«4</s>\n»',
    prompt: '<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\n',
  },
  {
    name: 'gemma',
    template: GEMMA,
    tokens: { bos_token: '<bos>' },
    hasSystem: false,
    expected:
      '<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n«Hello!<end_of_turn>\n»' +
      '<start_of_turn>user\nSum?<end_of_turn>\n<start_of_turn>model\n«4<end_of_turn>\n»',
    prompt: '<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n',
  },
  {
    name: 'mistral',
    template: MISTRAL,
    tokens: SENTENCE,
    hasSystem: true,
    expected: '<s>[INST] Be brief.\n\nHi[/INST]« Hello!</s>»[INST] Sum?[/INST]« 4</s>»',
    prompt: '<s>[INST] Be brief.\n\nHi[/INST]',
  },
  {
    name: 'qwen-3 (former turns without their thoughts)',
    template: QWEN3,
    tokens: {},
    hasSystem: true,
    expected:
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n' +
      '<|im_start|>assistant\n«Hello!<|im_end|>\n»<|im_start|>user\nSum?<|im_end|>\n' +
      '<|im_start|>assistant\n«<think>\n\n</think>\n\n4<|im_end|>\n»',
    prompt:
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  },
  {
    name: 'generation blocks',
    template: MARKED,
    tokens: {},
    hasSystem: true,
    expected:
      '<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>«Hello!<|end|>»' +
      '<|user|>Sum?<|end|><|assistant|>«4<|end|>»',
    prompt: '<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>',
  },
]
