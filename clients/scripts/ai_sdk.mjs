// The AI SDK of Vercel.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { MODEL, play } from './told.mjs';

const baseURL = process.env.OPENAI_BASE_URL;
const apiKey = process.env.OPENAI_API_KEY;
const openai = createOpenAI({ baseURL });
const compatible = createOpenAICompatible({ name: 'steno', baseURL, apiKey });

const offered = (told) => ({
  get_weather: tool({
    description: 'The weather of a city',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => told.weather(city),
  }),
});

const generating = (model) => (told) => {
  const messages = [];
  return async (text) => {
    messages.push({ role: 'user', content: text });
    const result = await generateText({ model, messages, tools: offered(told), stopWhen: stepCountIs(5) });
    messages.push(...(await result.responseMessages ?? result.response.messages));
    return result.text;
  };
};

const streaming = (model) => () => {
  const messages = [];
  return async (text) => {
    messages.push({ role: 'user', content: text });
    const result = streamText({ model, messages });
    const answer = await result.text;
    messages.push(...(await result.response).messages);
    return answer;
  };
};

await play({
  default: generating(openai(MODEL)),
  stream: streaming(openai(MODEL)),
  chat: generating(openai.chat(MODEL)),
  compatible: streaming(compatible(MODEL)),
});
