// Makes one call with an official SDK: node sdk.cjs CALL. BASE_URL, KEY and MARK are variables. The result is printed.
const Anthropic = require('@anthropic-ai/sdk').Anthropic;
const OpenAI = require('openai').OpenAI;
const { ResponsesWS } = require('openai/resources/responses/ws');

const { BASE_URL, KEY, MARK } = process.env;
const headers = { 'x-mark': MARK };
const messages = [{ role: 'user', content: 'Say hello.' }];
const prompt = { model: 'claude-x', max_tokens: 100, messages };
const anthropic = new Anthropic({ baseURL: BASE_URL, authToken: KEY, apiKey: null, maxRetries: 2, defaultHeaders: headers });
const openai = new OpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: KEY, maxRetries: 2, defaultHeaders: headers });

const calls = {
  'anthropic message': async () => (await anthropic.messages.create(prompt)).content[0].text,
  'anthropic stream': async () => (await anthropic.messages.stream(prompt).finalMessage()).content[0].text,
  'anthropic tool': async () => {
    const tools = [{ name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }];
    const { content } = await anthropic.messages.create({ ...prompt, tools });
    return `${content[0].name} ${content[0].input.city}`;
  },
  'anthropic tokens': async () => (await anthropic.messages.countTokens({ model: 'claude-x', messages })).input_tokens,
  'openai response': async () => (await openai.responses.create({ model: 'gpt-x', input: 'Say hello.' })).output_text,
  'openai stream': async () => {
    let text = '';
    for await (const event of await openai.responses.create({ model: 'gpt-x', input: 'Say hello.', stream: true })) {
      text += event.type === 'response.output_text.delta' ? event.delta : '';
    }
    return text;
  },
  'openai chat': async () => (await openai.chat.completions.create({ model: 'gpt-x', messages })).choices[0].message.content,
  'openai websocket': () =>
    new Promise((resolve, reject) => {
      const socket = new ResponsesWS(openai, { headers });
      socket.on('error', reject);
      socket.on('response.output_text.delta', (event) => {
        socket.close();
        resolve(event.delta);
      });
      socket.socket.on('open', () => socket.send({ type: 'response.create', model: 'gpt-x', input: 'Say hello.' }));
    }),
};

calls[process.argv[2]]().then(
  (result) => console.log(result),
  (error) => console.log(`${error.status} ${error.error?.error?.type ?? error.type ?? ''} ${error.message}`),
);
