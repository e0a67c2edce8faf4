// One line on a terminal that says how far long work has got; nothing where stderr is a file or a pipe.

import type { Clock } from '@klamm/base/clock';

const EVERY_MS = 200;

export interface Progress {
  /** Stops, and clears the line. */
  end(): void;
}

/** `line` is asked again and again while the work goes on. */
export function startProgress(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  clock: Clock,
  line: () => string,
): Progress {
  if (stream.isTTY !== true) return { end: () => {} };
  let shown = false;
  const timer = clock.every(EVERY_MS, () => {
    stream.write(`\r\u001b[K${line()}`);
    shown = true;
  });
  return {
    end: () => {
      timer.cancel();
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}
