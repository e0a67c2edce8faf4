// Reads a JWK set from where `sasl.oauthbearer.jwks.endpoint.url` says: an http, https or file URL. What comes is bounded in
// size and time, and is checked to be a set of keys before anybody relies on it.

import { fileURLToPath } from 'node:url';
import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { JSONWebKeySet } from 'jose';
import { readSettingsFile } from '../../config/sources.ts';

const BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 10_000;
const SETTING = 'sasl.oauthbearer.jwks.endpoint.url';

/** Throws KlammError INVALID_CONFIG where the URL cannot be one, or its file cannot be read. */
export function keySetReader(text: string, clock: Clock): () => Promise<JSONWebKeySet> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  switch (url?.protocol) {
    case 'file:': {
      const read = () => asKeySet(readSettingsFile(fileURLToPath(url), SETTING).toString('utf8'));
      // A file that is not there is told at start, as those of other settings are.
      read();
      return async () => read();
    }
    case 'http:':
    case 'https:':
      return () => fetched(url, clock);
    default:
      throw invalid(`${SETTING} is no http, https or file URL: "${text}".`);
  }
}

async function fetched(url: URL, clock: Clock): Promise<JSONWebKeySet> {
  const abort = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => abort.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  try {
    const response = await fetch(url, {
      signal: abort.signal,
      redirect: 'error',
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return asKeySet(await bounded(response));
  } catch (error) {
    // "fetch failed" says nothing; its cause does.
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  } finally {
    timer.cancel();
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`it answers more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function asKeySet(text: string): JSONWebKeySet {
  const isKeySet = (value: unknown): value is JSONWebKeySet =>
    typeof value === 'object' &&
    value !== null &&
    'keys' in value &&
    Array.isArray(value.keys) &&
    value.keys.every((key) => typeof key === 'object' && key !== null && typeof key.kty === 'string');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(`what ${SETTING} points to is no JSON`);
  }
  if (!isKeySet(value)) throw invalid(`what ${SETTING} points to is no JWK set: {"keys": […]}`);
  return value;
}

function invalid(message: string): KlammError {
  return new KlammError(message, { code: 'INVALID_CONFIG', errorCode: 40, retriable: false });
}
