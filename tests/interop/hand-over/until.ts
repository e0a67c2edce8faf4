// Waits for what a broker does in its own time, such as reading a coordinator's log after it has started.

import { setTimeout as wait } from 'node:timers/promises';

/** Asks again until the answer will do; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T>, willDo: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (willDo(answer)) return answer;
    await wait(50);
  }
}
