// Other people's transactional producers as one thing, so that the same tests hold for each of them.
//
// Those in other languages are programs that take a JSON object a line, `{ id, do: 'begin' | 'send' | 'copy' | 'commit' |
// 'abort', … }`, and answer each with `{ event: 'answer', id }`, an `error` in it where it failed.

import type { RunningProgram } from '../program.ts';

export interface CopyOrder {
  /** Read as a member of this group, from its committed offset or the first. */
  readonly from: string;
  readonly group: string;
  readonly count: number;
  /** Where each message goes, to its partition 0. */
  readonly topic: string;
}

/** Initialized when it is there. Every call rejects with what the client says of it. */
export interface TransactionalProducer extends AsyncDisposable {
  begin(): Promise<void>;
  /** Resolves when the messages are acknowledged. */
  send(topic: string, partition: number, values: readonly string[]): Promise<void>;
  /** Reads, sends on what was read and sends the offsets, within the transaction that was begun. */
  copy(order: CopyOrder): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** The producer a program is. It must print `"ready"` when it is initialized. */
export async function programProducer(program: RunningProgram): Promise<TransactionalProducer> {
  await program.line(/"ready"/);
  let commands = 0;
  const order = async (command: Readonly<Record<string, unknown>>): Promise<void> => {
    const id = ++commands;
    program.write(`${JSON.stringify({ id, ...command })}\n`);
    const answer: { error?: string } = JSON.parse(await program.line(new RegExp(`"id": ?${id}\\}$`)));
    if (answer.error !== undefined) throw new Error(answer.error);
  };
  return {
    begin: () => order({ do: 'begin' }),
    send: (topic, partition, values) => order({ do: 'send', topic, partition, values }),
    copy: (copy) => order({ do: 'copy', ...copy }),
    commit: () => order({ do: 'commit' }),
    abort: () => order({ do: 'abort' }),
    async [Symbol.asyncDispose]() {
      await program.stop('SIGKILL');
    },
  };
}
