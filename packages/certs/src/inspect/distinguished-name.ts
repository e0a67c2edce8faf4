// The name of a certificate's holder as Java prints it (RFC 2253, X500Principal.getName), because that is the name of a
// Kafka user who logs in by a certificate: the last part of the name first, some keywords, the rest by number and in
// hexadecimal.

import { child, type DerNode, oidOf, readDer } from '../stores/der.ts';

const KEYWORDS: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
};
/** How the bytes of a text are to be read, by tag: UTF-8, or one byte a character. */
const ENCODINGS: Readonly<Record<number, 'utf8' | 'latin1'>> = {
  12: 'utf8',
  19: 'latin1',
  20: 'latin1',
  22: 'latin1',
};
const BMP_STRING = 30;

/** The subject's name. @param certificate in DER. Throws KlammError STORE_DAMAGED where it is none. */
export function distinguishedName(certificate: Buffer): string {
  const signed = child(readDer(certificate), 0);
  // The version comes first, in a context tag, but for version 1.
  const first = signed.children[0]?.tagClass === 2 ? 1 : 0;
  const subject = child(signed, first + 4);
  return [...subject.children]
    .reverse()
    .map((part) => part.children.map(attributeText).join('+'))
    .join(',');
}

function attributeText(attribute: DerNode): string {
  const oid = oidOf(child(attribute, 0));
  const value = child(attribute, 1);
  const keyword = KEYWORDS[oid];
  const text = keyword === undefined ? undefined : textOf(value);
  if (keyword === undefined || text === undefined) return `${keyword ?? oid}=#${value.whole.toString('hex')}`;
  return `${keyword}=${escaped(text)}`;
}

function textOf({ tag, content }: DerNode): string | undefined {
  if (tag === BMP_STRING && content.length % 2 === 0)
    return Buffer.from(content).swap16().toString('utf16le');
  const encoding = ENCODINGS[tag];
  return encoding === undefined ? undefined : content.toString(encoding);
}

function escaped(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}
