// Runs programs nobody here wrote, with captured output and bounded time.
//
// It knows nothing of Kafka. Invariant: whatever this process starts does not outlive it, and is ended by its own
// process id; a program that fails rejects with its command, its exit and the end of what it printed.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '@klamm/base/clock';

export interface ProgramOptions {
  /** Written to the program's standard input, which is then closed. */
  readonly stdin?: string | Buffer;
  /** The program is killed after this time; 60 s unless told. */
  readonly timeoutMs?: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A failing exit is an answer, not an error. */
  readonly mayFail?: boolean;
}

export interface Outcome {
  /** The exit code; null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came, where it is no text. */
  readonly stdoutBytes: Buffer;
}

export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the program has ended, whatever the reason. */
  readonly ended: Promise<Outcome>;
  /** Everything printed so far, standard output and error each by itself. */
  readonly printed: { readonly stdout: string; readonly stderr: string };
  /** Resolves with the first line, of either output, that matches; rejects when the program ends without it. */
  line(pattern: RegExp): Promise<string>;
  write(text: string): void;
  /** Sends the signal and waits for the end; kills the program when it takes longer than 30 s. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const STOP_TIMEOUT_MS = 30_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
const children = new Set<Child>();

function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}

process.on('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killChildren();
    process.kill(process.pid, signal);
  });
}

/** Collects a stream's text up to a limit, beyond which the program is killed. */
function collect(stream: Readable, child: Child, onText: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > OUTPUT_BYTES_MAX) {
      child.kill('SIGKILL');
      return;
    }
    chunks.push(chunk);
    onText();
  });
  return () => {
    const whole = Buffer.concat(chunks);
    chunks.length = 0;
    chunks.push(whole);
    return whole;
  };
}

/** Starts a program that goes on running until it is stopped. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): RunningProgram {
  const child: Child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const stdoutBytes = collect(child.stdout, child, tell);
  const stderrBytes = collect(child.stderr, child, tell);
  const stdout = (): string => stdoutBytes().toString('utf8');
  const stderr = (): string => stderrBytes().toString('utf8');
  // A program that ends before it has read its input is judged by its exit code, not by our broken pipe.
  child.stdin.on('error', () => {});
  if (options.stdin !== undefined) child.stdin.end(options.stdin);

  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', (error) => {
      children.delete(child);
      reject(new Error(`${command} could not be started: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal, stdout: stdout(), stderr: stderr(), stdoutBytes: stdoutBytes() });
    });
  });
  ended.then(tell, tell);
  let over = false;
  const markOver = (): void => {
    over = true;
  };
  ended.then(markOver, markOver);

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    if (!over) child.kill(signal);
    const deadline = systemClock.after(STOP_TIMEOUT_MS, () => child.kill('SIGKILL'));
    try {
      return await ended;
    } finally {
      deadline.cancel();
    }
  }

  return {
    pid: child.pid ?? -1,
    ended,
    get printed() {
      return { stdout: stdout(), stderr: stderr() };
    },
    line(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = `${stdout()}\n${stderr()}`.split('\n').find((line) => pattern.test(line));
          if (found !== undefined) {
            listeners.delete(look);
            resolve(found);
          }
        };
        const end = (): void => {
          look();
          reject(new Error(`${command} ended without printing ${pattern}:\n${tail(stdout() + stderr())}`));
        };
        listeners.add(look);
        look();
        ended.then(end, end);
      });
    },
    write(text) {
      child.stdin.write(text);
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** Runs a program to its end. Rejects when it fails, unless `mayFail`. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const outcome = await startProgram(command, args, { stdin: '', ...options, timeoutMs }).ended;
  if (outcome.code === 0 || (options.mayFail === true && outcome.signal === null)) return outcome;
  const end =
    outcome.signal === null ? `exit code ${outcome.code}` : `${outcome.signal}, at most ${timeoutMs} ms`;
  throw new Error(
    `${command} ${args.map(short).join(' ')}\nended with ${end}\n--- stderr\n${tail(outcome.stderr)}\n--- stdout\n${tail(outcome.stdout)}`,
  );
}

function tail(text: string): string {
  return text.length > 4000 ? `…${text.slice(-4000)}` : text;
}

function short(argument: string): string {
  return argument.length > 300 ? `${argument.slice(0, 300)}…` : argument;
}
