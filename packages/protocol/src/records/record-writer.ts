// Writes a record anew where its place in a batch, or the batch's base timestamp, has changed.

import { sizeOfVarint } from '../wire/varint.ts';
import { Writer } from '../wire/writer.ts';
import type { RecordCursor } from './record.ts';

/** The record that the cursor stands on, with these deltas; key, value and headers as they are. */
export function writeRecord(cursor: RecordCursor, offsetDelta: number, timestampDelta: number): Buffer {
  const { buffer, keyAt, keySize, valueAt, valueSize, headersAt, headerCount, recordEnd } = cursor;
  const body = new Writer(recordEnd - keyAt + 32);
  body.int8(0);
  body.varlong(timestampDelta);
  body.varint(offsetDelta);
  body.varint(keySize);
  if (keySize > 0) body.raw(buffer.subarray(keyAt, keyAt + keySize));
  body.varint(valueSize);
  if (valueSize > 0) body.raw(buffer.subarray(valueAt, valueAt + valueSize));
  body.varint(headerCount);
  if (recordEnd > headersAt) body.raw(buffer.subarray(headersAt, recordEnd));
  const bytes = body.toBuffer();
  const record = new Writer(bytes.length + sizeOfVarint(bytes.length));
  record.varint(bytes.length);
  record.raw(bytes);
  return record.toBuffer();
}
