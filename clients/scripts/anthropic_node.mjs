// Anthropic's SDK for Node.
import Anthropic from '@anthropic-ai/sdk';
import { play } from './told.mjs';

const asked = { model: 'claude-sonnet-4-5', max_tokens: 500 };
const input_schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const client = new Anthropic();

const textOf = (content) => content.map((block) => (block.type === 'text' ? block.text : '')).join('');

function messages(told) {
  const history = [];
  const tools = [{ name: 'get_weather', description: 'The weather of a city', input_schema }];
  return async (text) => {
    history.push({ role: 'user', content: text });
    for (;;) {
      const { content } = await client.messages.create({ ...asked, tools, messages: history });
      history.push({ role: 'assistant', content });
      const uses = content.filter((block) => block.type === 'tool_use');
      if (!uses.length) return textOf(content);
      const result = ({ id, input }) => ({ type: 'tool_result', tool_use_id: id, content: told.weather(input.city) });
      history.push({ role: 'user', content: uses.map(result) });
    }
  };
}

function stream() {
  const history = [];
  return async (text) => {
    history.push({ role: 'user', content: text });
    const message = await client.messages.stream({ ...asked, messages: history }).finalMessage();
    history.push({ role: 'assistant', content: message.content });
    return textOf(message.content);
  };
}

await play({ messages, stream });
