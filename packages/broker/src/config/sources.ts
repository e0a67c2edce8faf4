// Files that settings come from: a server.properties, and what settings name, such as key stores and secrets.

import { readFileSync, statSync } from 'node:fs';
import { KlammError, messageOf } from '@klamm/base/errors';
import { parseProperties } from '@klamm/base/properties';
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
  return settingsOfText(text, path);
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

/** Changes when the file does, or is another. */
export function fileStamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
}

/** The settings of a properties file; `name` is the file's, for their places. */
export function settingsOfText(text: string, name: string): SettingEntry[] {
  return parseProperties(text).map(({ key, value, line }) => ({
    name: key,
    value,
    source: `${name}:${line}`,
  }));
}
