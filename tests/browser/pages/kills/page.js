// A page that a test kills. It connects to the test and is told what to be: one that writes until it dies, or one that
// reads everything back. Each acknowledged write leaves at once, so that what was acknowledged is known elsewhere
// before the page is gone.

import { inspect } from './inspect.js';
import { work } from './work.js';

const line = new WebSocket(`ws://127.0.0.1:${location.search.slice(1)}`);
const tell = (text) => line.send(text);

/** What to do with what the test says, by its first word. */
const heard = { away: () => location.replace('about:blank'), reload: () => location.reload() };

line.onmessage = async ({ data }) => {
  const [word, ...rest] = data.split(' ');
  if (word !== 'be') return heard[word]?.(...rest);
  const { role, ...given } = JSON.parse(rest.join(' '));
  try {
    if (role === 'work') await work(given, tell, heard);
    else tell(`found ${JSON.stringify(await inspect(given, tell, heard))}`);
  } catch (error) {
    const { cause } = error;
    tell(`error ${error.name}: ${error.message}${cause ? `, because of ${cause} ${cause.stack ?? ''}` : ''}`);
  }
};
