// What a command is given: where data and talk go, the flags every command has, and a client when it needs one.
//
// Data goes to stdout and nothing else does; all talk goes to stderr. Writing data waits where the reader is slow.

import { styleText } from 'node:util';
import { type Clock, systemClock } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { lineLogger, silentLogger } from '@klamm/base/logger';
import type { Kafka } from '@klamm/client/client';
import type { KafkaOptions } from '@klamm/client/options';
import { connectionOptions } from './connection-properties.ts';
import type { Globals } from './globals.ts';
import { type Column, type Row, renderRows } from './output/rows.ts';

type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Signals so close together are one. */
const SAME_SIGNAL_MS = 300;
/** As a shell reports a program that Ctrl-C ended: 128 and the number of SIGINT. */
const EXIT_INTERRUPTED = 130;

export class CommandContext {
  readonly globals: Globals;
  readonly clock: Clock = systemClock;
  /** Something failed, and was told: the exit code will be 1. */
  hasFailed = false;
  #interrupted: AbortController | undefined;
  #unread: AbortController | undefined;

  constructor(globals: Globals) {
    this.globals = globals;
  }

  /** A line for the person, unless --quiet. */
  say(text: string): void {
    if (!this.globals.quiet) process.stderr.write(`${text}\n`);
  }

  /** A line about something that went wrong; the command goes on, and ends with exit code 1. */
  fail(text: string): void {
    this.hasFailed = true;
    process.stderr.write(`${this.style('red', 'klamm:')} ${text}\n`);
  }

  /** Text for stderr, in colour where that is a terminal and nobody said no. */
  style(style: Style, text: string): string {
    if (this.globals.color === false) return text;
    return styleText(style, text, { stream: process.stderr });
  }

  /** Prints rows in the format asked for, or as a table. */
  async rows(columns: readonly Column[], rows: readonly Row[], nothing: string): Promise<void> {
    const format = this.globals.output ?? 'table';
    if (rows.length === 0 && (format === 'table' || format === 'wide')) return this.say(nothing);
    await this.write(renderRows(format, columns, rows));
  }

  /** Writes data; resolves when it is out, however far the reader is behind, or when the reader has gone. */
  async write(data: string | Buffer): Promise<void> {
    await new Promise<void>((resolve) =>
      process.stdout.write(data, (error) => {
        if (error) this.#unread?.abort();
        resolve();
      }),
    );
  }

  /**
   * Aborted when the reader of stdout has gone. That ends the process at once, unless this was asked for before: the
   * command then ends by itself.
   */
  get unread(): AbortSignal {
    if (this.#unread === undefined) {
      const controller = new AbortController();
      this.#unread = controller;
      process.stdout.on('error', () => controller.abort());
    }
    return this.#unread.signal;
  }

  /** Names what has no meaning here: what is probably misspelt always, the rest where much is to be said. */
  async #sayUnused(unused: readonly string[]): Promise<void> {
    const { meantProperty } = await import('@klamm/client/properties/client-configs');
    for (const name of unused) {
      const meant = meantProperty(name);
      if (meant !== undefined) this.say(`${name} is no property of clients; was ${meant} meant?`);
    }
    if (this.globals.verbose) this.say(`Without a meaning here: ${unused.join(', ')}.`);
  }

  /** A client for the cluster of the flags. The caller closes what it makes of it. `other`: what is to be otherwise. */
  async kafka(other: Partial<KafkaOptions> = {}): Promise<Kafka> {
    const { Kafka } = await import('@klamm/client/client');
    const logger = this.globals.verbose
      ? lineLogger('debug', (line) => process.stderr.write(`${line}\n`))
      : silentLogger;
    const { bootstrap, timeoutMs, properties, exposed } = this.globals;
    for (const name of exposed)
      this.say(
        `-X ${name} is in the history of your shell and in the list of processes; a profile keeps it better.`,
      );
    const { options, unused } = connectionOptions(properties);
    if (unused.length > 0) await this.#sayUnused(unused);
    return new Kafka({
      clientId: 'klamm-cli',
      connectionTimeoutMs: Math.min(timeoutMs, 10_000),
      retryTimeoutMs: timeoutMs,
      ...options,
      brokers: bootstrap,
      logger,
      ...other,
    });
  }

  /**
   * Aborted by the first Ctrl-C or SIGTERM after this is first asked for; the next ends the process at once. One Ctrl-C
   * may come twice, from the terminal and from npm, which passes it on: what follows at once is the same one.
   */
  get interrupted(): AbortSignal {
    if (this.#interrupted !== undefined) return this.#interrupted.signal;
    const controller = new AbortController();
    this.#interrupted = controller;
    let firstAt = 0;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        const now = this.clock.monotonic();
        if (!controller.signal.aborted) {
          firstAt = now;
          controller.abort();
        } else if (now - firstAt > SAME_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
      });
    }
    return controller.signal;
  }
}

/** The sentence of an error, with Kafka's name of it where that helps to look it up. */
export function sentenceOf(error: unknown): string {
  const message = messageOf(error);
  if (!(error instanceof KlammError) || error.code === 'USAGE' || message.includes(error.code))
    return message;
  return error.errorCode > 0 ? `${message} (${error.code})` : message;
}
