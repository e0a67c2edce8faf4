// Free ports to give to brokers, and the wait until a broker answers on it.

import { connect, createServer } from 'node:net';
import { sleep, systemClock } from '@klamm/base/clock';
import { systemRandom } from '@klamm/base/random';
import type { RunningProgram } from './program.ts';

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

/** Waits until the broker on the port answers ApiVersions; rejects when its program ends or `timeoutMs` is over. */
export async function untilAnswers(port: number, program: RunningProgram, timeoutMs = 60_000): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  let ended = false;
  const markEnded = (): void => {
    ended = true;
  };
  program.ended.then(markEnded, markEnded);
  while (!(await answers(port))) {
    const { stdout, stderr } = program.printed;
    if (ended) throw new Error(`The broker ended before it answered.\n${stderr}\n${stdout}`);
    if (systemClock.monotonic() > deadline) {
      throw new Error(
        `The broker did not answer on port ${port} within ${timeoutMs} ms.\n${stderr}\n${stdout}`,
      );
    }
    await sleep(systemClock, 20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', () => end(true));
    // Length 10, ApiVersions (18), version 0, correlation id 1, no client id.
    socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]));
  });
}

/** Below what systems give out by themselves, so that no connection of somebody else has one of them. */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** A port from which on the ports at these distances were free a moment ago. */
export async function freePortsFrom(distances: readonly number[]): Promise<number> {
  for (;;) {
    const first = LOWEST + Math.floor(systemRandom() * (HIGHEST - LOWEST));
    const free = await Promise.all(distances.map((distance) => isFree(first + distance)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
