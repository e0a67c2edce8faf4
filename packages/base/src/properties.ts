// Java's properties files (java.util.Properties.load, store): comments, `=`, `:` or blanks between key and value, and a
// backslash at the end of a line that joins it to the next. It knows no key.

export interface Property {
  readonly key: string;
  readonly value: string;
  /** Counted from 1; of several joined ones the first. */
  readonly line: number;
}

/** In the order of the text; a key may be there several times. */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const number = i + 1;
    let line = (lines[i] ?? '').trimStart();
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && i + 1 < lines.length) {
      i++;
      line = line.slice(0, -1) + (lines[i] ?? '').trimStart();
    }
    const match = /^((?:\\.|[^\s=:\\])+)\s*[=:\s]\s*(.*)$/.exec(line);
    properties.push({
      key: unescaped(match?.[1] ?? line),
      value: unescaped(match?.[2] ?? ''),
      line: number,
    });
  }
  return properties;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})|.)/g, (_, escaped: string, hex: string | undefined) =>
    hex === undefined ? (ESCAPES[escaped] ?? escaped) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** A line of such a file. Java reads it as Latin-1. */
export function propertyLine(key: string, value: string): string {
  const escaped = value
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${key}=${escaped}`;
}
