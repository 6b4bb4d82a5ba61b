/** How the APIs of the models put it: what a request says, and how an answer is streamed. */
import type { Reply } from './stand-in-api.ts';

export interface Said {
  role: 'user' | 'assistant' | 'tool' | 'system';
  text: string;
}

export interface Dialect {
  name: 'messages' | 'responses' | 'completions';
  paths: RegExp;
  said(body: unknown): Said[];
  tools(body: unknown): string[];
  /** An answer, in events as they go over the line. */
  stream(reply: Exclude<Reply, { status: number }>, tools: readonly string[]): string[];
  /** An answer in one piece. */
  whole(text: string): unknown;
}

type Json = Record<string, unknown>;

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const string = (value: unknown): string => (typeof value === 'string' ? value : '');
const event = (name: string, data: Json): string =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
/** So that a text arrives in several pieces, none of which splits a character. */
const pieces = (text: string): string[] => {
  const letters = Array.from(text);
  const size = Math.max(1, Math.ceil(letters.length / 8));
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, i) =>
    letters.slice(i * size, (i + 1) * size).join(''),
  );
};

let calls = 0;

interface Call {
  id: string;
  name: string;
  input: Json;
}

/** The call of a tool, in the words of the program that offers these tools. */
function callOf(reply: Exclude<Reply, { status: number }>, tools: readonly string[]): Call | undefined {
  const id = `call_${++calls}`;
  if ('command' in reply) {
    const { command } = reply;
    // codex asks only where the model says that the sandbox will not do.
    const asking =
      reply.asks === true ? { sandbox_permissions: 'require_escalated', justification: 'May I?' } : {};
    if (tools.includes('Bash')) return { id, name: 'Bash', input: { command, description: 'Run it' } };
    if (tools.includes('exec_command'))
      return { id, name: 'exec_command', input: { cmd: command, ...asking } };
    if (tools.includes('shell_command')) return { id, name: 'shell_command', input: { command, ...asking } };
    if (tools.includes('shell')) return { id, name: 'shell', input: { command: ['sh', '-c', command] } };
    return { id, name: 'bash', input: { command } };
  }
  if ('write' in reply) {
    const { path, content } = reply.write;
    if (tools.includes('Write')) return { id, name: 'Write', input: { file_path: path, content } };
    if (tools.includes('apply_patch')) {
      const lines = content.split('\n').map((line) => `+${line}`);
      const patch = ['*** Begin Patch', `*** Add File: ${path}`, ...lines, '*** End Patch'].join('\n');
      return { id, name: 'apply_patch', input: { input: patch } };
    }
    return { id, name: 'write', input: { path, content } };
  }
  return undefined;
}

const textOf = (reply: Exclude<Reply, { status: number }>): string => ('text' in reply ? reply.text : '');

const messages: Dialect = {
  name: 'messages',
  paths: /\/v1\/messages$/,
  said: (body) =>
    list((body as Json)['messages']).flatMap(({ role, content }): Said[] => {
      if (typeof content === 'string') return [{ role: role as Said['role'], text: content }];
      return list(content).flatMap((block): Said[] => {
        if (block['type'] === 'text') return [{ role: role as Said['role'], text: string(block['text']) }];
        if (block['type'] !== 'tool_result') return [];
        const inner = block['content'];
        const text =
          typeof inner === 'string'
            ? inner
            : list(inner)
                .map((b) => string(b['text']))
                .join('');
        return [{ role: 'tool', text }];
      });
    }),
  tools: (body) => list((body as Json)['tools']).map(({ name }) => string(name)),
  stream(reply, tools) {
    const call = callOf(reply, tools);
    const block =
      call === undefined
        ? { type: 'text', text: '' }
        : { type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input: {} };
    const deltas =
      call === undefined
        ? pieces(textOf(reply)).map((text) => ({ type: 'text_delta', text }))
        : [{ type: 'input_json_delta', partial_json: JSON.stringify(call.input) }];
    const stop_reason = call === undefined ? 'end_turn' : 'tool_use';
    return [
      event('message_start', { message: anthropicMessage([]) }),
      event('content_block_start', { index: 0, content_block: block }),
      ...deltas.map((delta) => event('content_block_delta', { index: 0, delta })),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } }),
      event('message_stop', {}),
    ];
  },
  whole: (text) => ({ ...anthropicMessage([{ type: 'text', text }]), stop_reason: 'end_turn' }),
};

const anthropicMessage = (content: Json[]): Json => ({
  id: `msg_${++calls}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content,
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 1 },
});

const responses: Dialect = {
  name: 'responses',
  paths: /\/responses$/,
  said: (body) =>
    list((body as Json)['input']).flatMap((item): Said[] => {
      if (item['type'] === 'function_call_output' || item['type'] === 'custom_tool_call_output')
        return [{ role: 'tool', text: JSON.stringify(item['output']) }];
      if (item['type'] !== undefined && item['type'] !== 'message') return [];
      const role = item['role'] === 'developer' ? 'system' : (item['role'] as Said['role']);
      return list(item['content']).map((part) => ({ role, text: string(part['text']) }));
    }),
  tools: (body) => list((body as Json)['tools']).map((tool) => string(tool['name'] ?? tool['type'])),
  stream(reply, tools) {
    const id = `resp_${++calls}`;
    const call = callOf(reply, tools);
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const created = event('response.created', {
      response: { id, object: 'response', status: 'in_progress', output: [] },
    });
    const completed = event('response.completed', {
      response: { id, object: 'response', status: 'completed', output: [], usage },
    });
    if (call !== undefined) {
      const item =
        call.name === 'apply_patch'
          ? {
              type: 'custom_tool_call',
              id: `ct_${call.id}`,
              call_id: call.id,
              name: call.name,
              input: string(call.input['input']),
            }
          : {
              type: 'function_call',
              id: `fc_${call.id}`,
              call_id: call.id,
              name: call.name,
              arguments: JSON.stringify(call.input),
            };
      return [
        created,
        event('response.output_item.added', { output_index: 0, item }),
        event('response.output_item.done', { output_index: 0, item }),
        completed,
      ];
    }
    const text = textOf(reply);
    const item = {
      type: 'message',
      id: `item_${id}`,
      role: 'assistant',
      status: 'in_progress',
      content: [] as Json[],
    };
    const whole = { ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] };
    return [
      created,
      event('response.output_item.added', { output_index: 0, item }),
      ...pieces(text).map((delta) =>
        event('response.output_text.delta', { item_id: item.id, output_index: 0, content_index: 0, delta }),
      ),
      event('response.output_item.done', { output_index: 0, item: whole }),
      completed,
    ];
  },
  whole: (text) => ({ id: 'resp', object: 'response', status: 'completed', output_text: text }),
};

const completions: Dialect = {
  name: 'completions',
  paths: /\/chat\/completions$/,
  said: (body) =>
    list((body as Json)['messages']).flatMap(({ role, content }): Said[] => {
      const who = role === 'developer' ? 'system' : (role as Said['role']);
      if (typeof content === 'string') return [{ role: who, text: content }];
      return list(content).map((part) => ({ role: who, text: string(part['text']) }));
    }),
  tools: (body) =>
    list((body as Json)['tools']).map((tool) => string((tool['function'] as Json | undefined)?.['name'])),
  stream(reply, tools) {
    const id = `chatcmpl-${++calls}`;
    const chunk = (delta: Json, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'stand-in', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const call = callOf(reply, tools);
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const end = [
      `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'stand-in', choices: [], usage })}\n\n`,
      'data: [DONE]\n\n',
    ];
    if (call === undefined)
      return [
        chunk({ role: 'assistant', content: '' }),
        ...pieces(textOf(reply)).map((content) => chunk({ content })),
        chunk({}, 'stop'),
        ...end,
      ];
    const args = { name: call.name, arguments: JSON.stringify(call.input) };
    return [
      chunk({ role: 'assistant', tool_calls: [{ index: 0, id: call.id, type: 'function', function: args }] }),
      chunk({}, 'tool_calls'),
      ...end,
    ];
  },
  whole: (text) => ({
    id: 'chatcmpl',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  }),
};

export const dialects: readonly Dialect[] = [messages, responses, completions];
