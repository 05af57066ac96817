// The OpenAI SDK for Node.
import OpenAI from 'openai';
import { MODEL, play } from './told.mjs';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const client = new OpenAI();

function chat() {
  const messages = [];
  return async (text) => {
    messages.push({ role: 'user', content: text });
    const reply = await client.chat.completions.create({ model: MODEL, messages });
    messages.push(reply.choices[0].message);
    return reply.choices[0].message.content;
  };
}

function stream() {
  const messages = [];
  return async (text) => {
    messages.push({ role: 'user', content: text });
    const chunks = client.chat.completions.stream({ model: MODEL, messages });
    const message = (await chunks.finalChatCompletion()).choices[0].message;
    messages.push(message);
    return message.content;
  };
}

function tools(told) {
  let messages = [];
  const get_weather = ({ city }) => told.weather(city);
  const offered = { name: 'get_weather', parse: JSON.parse, function: get_weather, description: 'Weather', parameters };
  return async (text) => {
    messages.push({ role: 'user', content: text });
    const runner = client.chat.completions.runTools({ model: MODEL, messages, tools: [{ type: 'function', function: offered }] });
    const answer = await runner.finalContent();
    messages = [...runner.messages];
    return answer;
  };
}

function responses(told) {
  const input = [];
  const offered = [{ type: 'function', name: 'get_weather', description: 'Weather', parameters, strict: false }];
  return async (text) => {
    input.push({ role: 'user', content: text });
    for (;;) {
      const reply = await client.responses.create({ model: MODEL, input, tools: offered, store: false });
      input.push(...reply.output);
      const calls = reply.output.filter((item) => item.type === 'function_call');
      if (!calls.length) return reply.output_text;
      for (const call of calls) {
        input.push({ type: 'function_call_output', call_id: call.call_id, output: told.weather(call.arguments) });
      }
    }
  };
}

function held() {
  let previous;
  return async (text) => {
    const events = client.responses.stream({ model: MODEL, input: text, previous_response_id: previous });
    const reply = await events.finalResponse();
    previous = reply.id;
    return reply.output_text;
  };
}

await play({ chat, stream, tools, responses, held });
