// ASN.1 as far as key stores need it: BER is read (some programs still write stores with indefinite lengths), DER is
// written (ITU-T X.690). Every length is judged against the bytes that are there; nesting is bounded.

import { storeError } from './store-error.ts';

/** Universal tags, by number. */
export const Tag = {
  integer: 2,
  octetString: 4,
  null: 5,
  oid: 6,
  sequence: 16,
  set: 17,
  bmpString: 30,
} as const;

export interface DerNode {
  /** 0 universal, 2 context-specific. */
  readonly tagClass: number;
  readonly tag: number;
  /** Of a primitive one: its bytes. Of a constructed one: those of its children. */
  readonly content: Buffer;
  /** The bytes of the whole, with tag and length. */
  readonly whole: Buffer;
  /** Empty for a primitive one. */
  readonly children: readonly DerNode[];
}

const DEPTH_MAX = 32;
const CONSTRUCTED = 0x20;
const INDEFINITE = 0x80;

/** Reads one value; what comes after it is an error. Throws KlammError STORE_DAMAGED. */
export function readDer(bytes: Buffer): DerNode {
  const { node, end } = readAt(bytes, 0, bytes.length, 0);
  if (end !== bytes.length) throw damaged();
  return node;
}

/** The child at `index`, which has to be there, and of this tag where one is named. */
export function child(node: DerNode, index: number, tag?: number): DerNode {
  const found = node.children[index];
  if (found === undefined || (tag !== undefined && (found.tagClass !== 0 || found.tag !== tag)))
    throw damaged();
  return found;
}

/** What stands in an explicit context tag. */
export function explicit(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tagClass !== 2 || node.tag !== tag) throw damaged();
  return child(node, 0);
}

export function oidOf(node: DerNode): string {
  const { content } = node;
  if (node.tag !== Tag.oid || content.length === 0) throw damaged();
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw damaged();
    if ((byte & 0x80) !== 0) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - first * 40);
    } else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}

/** A number of four bytes at most. */
export function integerOf(node: DerNode): number {
  const { content } = node;
  if (node.tag !== Tag.integer || content.length === 0 || content.length > 4) throw damaged();
  return content.readIntBE(0, content.length);
}

/** The bytes of an octet string, which BER may have cut into pieces; also of one in an implicit context tag. */
export function octetsOf(node: DerNode): Buffer {
  if (node.tagClass === 0 && node.tag !== Tag.octetString) throw damaged();
  return node.children.length === 0 ? node.content : Buffer.concat(node.children.map(octetsOf));
}

/** One value in DER. A list of buffers is the content of a constructed one. */
export function writeDer(tag: number, content: Buffer | readonly Buffer[], tagClass = 0): Buffer {
  const isConstructed = !Buffer.isBuffer(content);
  const body = Buffer.isBuffer(content) ? content : Buffer.concat(content);
  const first = (tagClass << 6) | (isConstructed ? CONSTRUCTED : 0) | tag;
  return Buffer.concat([Buffer.from([first]), lengthBytes(body.length), body]);
}

export function writeOid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) | 0x80);
    }
    return groups;
  });
  return writeDer(Tag.oid, Buffer.from(bytes));
}

export function writeInteger(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return writeDer(Tag.integer, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function writeSequence(...members: readonly Buffer[]): Buffer {
  return writeDer(Tag.sequence, members);
}

/** Members of a set stand in the order of their bytes. */
export function writeSet(...members: readonly Buffer[]): Buffer {
  return writeDer(Tag.set, [...members].sort(Buffer.compare));
}

export function writeOctets(bytes: Buffer): Buffer {
  return writeDer(Tag.octetString, bytes);
}

export function writeExplicit(tag: number, member: Buffer): Buffer {
  return writeDer(tag, [member], 2);
}

export const DER_NULL = writeDer(Tag.null, Buffer.alloc(0));

function damaged(): Error {
  return storeError(
    'STORE_DAMAGED',
    'its bytes are not what such a file is made of; it is damaged, or of another format',
  );
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function readAt(bytes: Buffer, at: number, limit: number, depth: number): { node: DerNode; end: number } {
  const first = bytes[at];
  const lengthByte = bytes[at + 1];
  if (first === undefined || lengthByte === undefined || at + 2 > limit || depth > DEPTH_MAX) throw damaged();
  const tag = first & 0x1f;
  // Tags of several bytes do not occur in stores.
  if (tag === 0x1f) throw damaged();
  const isConstructed = (first & CONSTRUCTED) !== 0;
  const isIndefinite = lengthByte === INDEFINITE;
  if (isIndefinite && !isConstructed) throw damaged();
  const { start, length } = readLength(bytes, at + 1);
  const end = isIndefinite ? limit : start + length;
  if (end > limit) throw damaged();
  const children: DerNode[] = [];
  let next = start;
  if (isConstructed) {
    while (next < end && !(isIndefinite && bytes[next] === 0 && bytes[next + 1] === 0)) {
      const read = readAt(bytes, next, end, depth + 1);
      children.push(read.node);
      next = read.end;
    }
    if (isIndefinite && next + 2 > limit) throw damaged();
  }
  const contentEnd = isIndefinite ? next : end;
  const wholeEnd = isIndefinite ? next + 2 : end;
  const node = {
    tagClass: first >> 6,
    tag,
    content: bytes.subarray(start, contentEnd),
    whole: bytes.subarray(at, wholeEnd),
    children,
  };
  return { node, end: wholeEnd };
}

function readLength(bytes: Buffer, at: number): { start: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first <= INDEFINITE) return { start: at + 1, length: first & 0x7f };
  const count = first & 0x7f;
  if (count > 4 || at + 1 + count > bytes.length) throw damaged();
  return { start: at + 1 + count, length: bytes.readUIntBE(at + 1, count) };
}
