// Writes a line down at once, so that a SIGKILL loses nothing that was done: a letter, the time in ms, a text.

import { appendFileSync } from 'node:fs';

export function noteIn(file: string): (letter: string, text: string) => void {
  return (letter, text) => appendFileSync(file, `${letter} ${Date.now()} ${text.replaceAll('\n', ' ')}\n`);
}
