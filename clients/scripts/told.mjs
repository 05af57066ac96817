// What a script tells of its conversations, and how it holds them: the same as told.py.
export const MODEL = 'gpt-4o-mini';
const CITY = 'Oslo';
const FORECAST = '18 degrees and rain';

export class Conversation {
  turns = [];
  calls = [];
  parent = null;

  turn(asked, answered) {
    this.turns.push(['user', asked], ['assistant', answered]);
  }

  weather(city) {
    this.calls.push(['get_weather', FORECAST]);
    return FORECAST;
  }
}

const questions = (name) => ['Hello!', `My name is ${name}.`, 'What is my name?', `What is the weather in ${CITY}?`];

// Two conversations at once, turn by turn, of the part that was asked for.
export async function play(parts) {
  const names = ['Ada', 'Grace'].map((name) => `${name}-${process.env.CLIENT_MARK}`);
  const held = names.map((name) => ({ name, conversation: new Conversation() }));
  for (const one of held) one.ask = parts[process.argv[2]](one.conversation);
  for (let number = 0; number < 4; number++) {
    for (const { name, conversation, ask } of held) {
      const question = questions(name)[number];
      conversation.turn(question, await ask(question));
    }
  }
  console.log('\n' + JSON.stringify(held.map((one) => one.conversation)));
}
