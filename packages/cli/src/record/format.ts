// kcat's format strings: `%t %p %o %k %s\n` → a function that writes one record. Bytes stay bytes: keys and values
// are written as they are.

import { usageError } from '../usage-error.ts';
import type { PrintedRecord } from './record.ts';

export const FORMAT_GRAMMAR = `Format (-f), as kcat writes it:
  %t topic    %p partition    %o offset     %T timestamp in ms
  %k key      %s value        %h headers    %% a percent sign
  %K key size %S value size (bytes; -1 for none)    %R value size as 4 bytes
  \\n \\t \\r \\\\ \\0 \\x1f, and any other text as it is`;

type Piece = Buffer | ((record: PrintedRecord) => Buffer | string);

const TOKENS: Readonly<Record<string, (record: PrintedRecord) => Buffer | string>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  T: ({ timestamp }) => String(timestamp),
  k: ({ key }) => key ?? '',
  s: ({ value }) => value ?? '',
  K: ({ key }) => String(key?.length ?? -1),
  S: ({ value }) => String(value?.length ?? -1),
  R: ({ value }) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(value?.length ?? -1);
    return size;
  },
  h: ({ headers }) =>
    Buffer.concat(
      headers.flatMap(({ key, value }, i) => [
        Buffer.from(`${i === 0 ? '' : ','}${key}=`),
        value === null ? Buffer.from('NULL') : value,
      ]),
    ),
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };

/** Throws a usage error that repeats the grammar where `text` has a token or escape that there is not. */
export function compileFormat(text: string): (record: PrintedRecord) => Buffer {
  const pieces: Piece[] = [];
  const pattern = /%(.?)|\\(x[0-9a-fA-F]{2}|.?)|[^%\\]+/gsu;
  for (const [whole, token, escaped] of text.matchAll(pattern)) {
    if (token !== undefined) pieces.push(tokenPiece(token));
    else if (escaped === undefined) pieces.push(Buffer.from(whole));
    else if (escaped.length === 3) pieces.push(Buffer.from(escaped.slice(1), 'hex'));
    else pieces.push(escapePiece(escaped));
  }
  return (record) =>
    Buffer.concat(
      pieces.map((piece) => {
        const part = typeof piece === 'function' ? piece(record) : piece;
        return typeof part === 'string' ? Buffer.from(part) : part;
      }),
    );
}

function tokenPiece(token: string): Piece {
  if (token === '%') return Buffer.from('%');
  const piece = TOKENS[token];
  if (piece === undefined) throw usageError(`-f: there is no %${token}.\n\n${FORMAT_GRAMMAR}`);
  return piece;
}

function escapePiece(escaped: string): Buffer {
  const char = ESCAPES[escaped];
  if (char === undefined) throw usageError(`-f: there is no \\${escaped}.\n\n${FORMAT_GRAMMAR}`);
  return Buffer.from(char);
}
