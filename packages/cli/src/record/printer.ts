// What `consume` prints of a record: a format, or JSON.

import type { Message } from '@klamm/client/consumer/message';
import type { Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { renderRows } from '../output/rows.ts';
import { usageError } from '../usage-error.ts';
import { compileFormat } from './format.ts';
import { recordRow } from './record.ts';

/** What is printed of a record. */
export function printer(context: CommandContext, flags: Flags): (message: Message) => Buffer {
  const format = flags.text('format');
  const form = flags.text('output') ?? (context.globals.output === 'ndjson' ? 'ndjson' : undefined);
  if (format !== undefined && form !== undefined) throw usageError('Give -f or --output, not both.');
  const record = ({ topic, partition, offset, timestamp, rawKey, rawValue, headers }: Message) => ({
    topic,
    partition,
    offset,
    timestamp,
    key: rawKey,
    value: rawValue,
    headers,
  });
  if (form === undefined) {
    const write = compileFormat(format ?? '%s\\n');
    return (message) => write(record(message));
  }
  if (form === 'ndjson')
    return (message) => Buffer.from(renderRows('ndjson', [], [recordRow(record(message))]));
  let separator = '[\n';
  return (message) => {
    const text = `${separator}${JSON.stringify(recordRow(record(message)))}`;
    separator = ',\n';
    return Buffer.from(text);
  };
}
