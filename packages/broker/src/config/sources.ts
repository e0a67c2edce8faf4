// Files that settings come from: a server.properties, and what settings name, such as key stores and secrets.

import { readFileSync } from 'node:fs';
import { KlammError, messageOf } from '@klamm/base/errors';
import type { SettingEntry } from './settings.ts';

/** Reads a Java properties file. Throws KlammError where it cannot be read or a line is none of `key=value`. */
export function settingsFromFile(path: string): SettingEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new KlammError(`The settings file ${path} cannot be read: ${messageOf(error)}.`, {
      code: 'INVALID_CONFIG',
      errorCode: 40,
      retriable: false,
      cause: error,
    });
  }
  return parseProperties(text, path);
}

/** Reads a file that a setting names. Throws KlammError that begins with the setting. */
export function readSettingsFile(path: string, setting: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = 'INVALID_CONFIG';
    throw new KlammError(`${setting} cannot be read: ${messageOf(error)}.`, {
      code,
      errorCode: 40,
      retriable: false,
    });
  }
}

/** Reads a file that holds one secret and perhaps the line end that editors put after it. Throws as above. */
export function readSecretFile(path: string, setting: string): string {
  return readSettingsFile(path, setting)
    .toString()
    .replace(/\r?\n$/, '');
}

/** As `java.util.Properties.load`: comments, `=`, `:` or blanks between key and value, a backslash joins lines. */
export function parseProperties(text: string, name: string): SettingEntry[] {
  const entries: SettingEntry[] = [];
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
    const key = match?.[1] ?? line;
    entries.push({
      name: unescapeProperty(key),
      value: unescapeProperty(match?.[2] ?? ''),
      source: `${name}:${number}`,
    });
  }
  return entries;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f' };

function unescapeProperty(text: string): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})|.)/g, (_, escaped: string, hex: string | undefined) =>
    hex === undefined ? (ESCAPES[escaped] ?? escaped) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
