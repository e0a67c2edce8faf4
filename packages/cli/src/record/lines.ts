// Text that comes in pieces → lines, without their line breaks. A last line without one counts; it is bounded by what a
// record may be, so that a file without line breaks ends in a sentence and not in a full memory.

import { usageError } from '../usage-error.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      const piece = chunk.subarray(from, at);
      lines.push(withoutReturn(rest.length === 0 ? piece : Buffer.concat([...rest, piece])));
      rest = [];
      restBytes = 0;
      from = at + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
    if (restBytes > LINE_BYTES_MAX) {
      throw usageError(
        `A line is longer than ${LINE_BYTES_MAX} bytes. Is it text? --input raw sends all of it as one record.`,
      );
    }
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [withoutReturn(Buffer.concat(rest))];
}

function withoutReturn(line: Buffer): Buffer {
  return line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
