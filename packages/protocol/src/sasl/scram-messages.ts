// The four messages of SCRAM (RFC 5802 section 7), read and written. A message that is not of the grammar is undefined:
// it came over the wire. Without channel binding, as in Kafka (ScramMessages).

const NAME_VALUE = /^[A-Za-z]+=/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;
/** No message of Kafka's clients comes near; a longer one is not looked at. */
const MESSAGE_BYTES_MAX = 16 * 1024;

export interface ClientFirst {
  readonly name: string;
  readonly nonce: string;
  /** Whom the client wants to act for; '' for itself. */
  readonly authorizationId: string;
  /** What comes behind the nonce: `tokenauth=true` of a delegation token. */
  readonly extensions: ReadonlyMap<string, string>;
  /** Without its header: what proofs are made of. */
  readonly bare: string;
  readonly header: string;
}

export function writeClientFirst(
  name: string,
  nonce: string,
  extensions: ReadonlyMap<string, string>,
): ClientFirst {
  const extra = Array.from(extensions, ([key, value]) => `,${key}=${value}`).join('');
  const bare = `n=${escapeName(name)},r=${nonce}${extra}`;
  return { name, nonce, authorizationId: '', extensions, bare, header: 'n,,' };
}

export function readClientFirst(bytes: Buffer): ClientFirst | undefined {
  const text = textOf(bytes);
  const match = /^(n,(?:a=([^,]*))?,)(.*)$/s.exec(text ?? '');
  const [, header = '', asked = '', bare = ''] = match ?? [];
  const fields = bare.split(',');
  // A mandatory extension would come first, and none is known.
  const [name, nonce, ...rest] = fields;
  if (match === null || !name?.startsWith('n=') || !nonce?.startsWith('r=')) return undefined;
  const userName = unescapeName(name.slice(2));
  const authorizationId = unescapeName(asked);
  const extensions = extensionsOf(rest);
  if (userName === undefined || userName === '' || authorizationId === undefined) return undefined;
  if (extensions === undefined || !NONCE.test(nonce.slice(2))) return undefined;
  return { name: userName, nonce: nonce.slice(2), authorizationId, extensions, bare, header };
}

export interface ServerFirst {
  /** The client's and the broker's, one behind the other. */
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly text: string;
}

export function writeServerFirst(nonce: string, salt: Buffer, iterations: number): ServerFirst {
  return { nonce, salt, iterations, text: `r=${nonce},s=${salt.toString('base64')},i=${iterations}` };
}

export function readServerFirst(bytes: Buffer): ServerFirst | undefined {
  const text = textOf(bytes);
  const [nonce, salt, iterations, ...rest] = text?.split(',') ?? [];
  if (text === undefined || !nonce?.startsWith('r=') || !salt?.startsWith('s=')) return undefined;
  const saltBytes = base64Of(salt.slice(2));
  const rounds = /^i=([1-9]\d{0,8})$/.exec(iterations ?? '')?.[1];
  if (saltBytes === undefined || rounds === undefined || !NONCE.test(nonce.slice(2))) return undefined;
  if (extensionsOf(rest) === undefined) return undefined;
  return { nonce: nonce.slice(2), salt: saltBytes, iterations: Number(rounds), text };
}

export interface ClientFinal {
  readonly channelBinding: string;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

export function finalWithoutProof(header: string, nonce: string): string {
  return `c=${Buffer.from(header).toString('base64')},r=${nonce}`;
}

export function readClientFinal(bytes: Buffer): ClientFinal | undefined {
  const text = textOf(bytes);
  const at = text?.lastIndexOf(',p=') ?? -1;
  if (text === undefined || at < 0) return undefined;
  const withoutProof = text.slice(0, at);
  const [binding, nonce, ...rest] = withoutProof.split(',');
  const proof = base64Of(text.slice(at + 3));
  if (!binding?.startsWith('c=') || !nonce?.startsWith('r=') || proof === undefined) return undefined;
  const channel = base64Of(binding.slice(2));
  if (channel === undefined || extensionsOf(rest) === undefined) return undefined;
  return { channelBinding: channel.toString('utf8'), nonce: nonce.slice(2), proof, withoutProof };
}

/** The broker's signature, or why it refuses. */
export function readServerFinal(bytes: Buffer): { signature: Buffer } | { error: string } | undefined {
  const text = textOf(bytes);
  const [first = ''] = text?.split(',') ?? [];
  if (first.startsWith('e=') && first.length > 2) return { error: first.slice(2) };
  const signature = first.startsWith('v=') ? base64Of(first.slice(2)) : undefined;
  return signature === undefined ? undefined : { signature };
}

function textOf(bytes: Buffer): string | undefined {
  if (bytes.length > MESSAGE_BYTES_MAX) return undefined;
  const text = bytes.toString('utf8');
  return text.includes('\0') || text.includes('�') ? undefined : text;
}

function base64Of(text: string): Buffer | undefined {
  return text !== '' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function extensionsOf(fields: readonly string[]): ReadonlyMap<string, string> | undefined {
  const extensions = new Map<string, string>();
  for (const field of fields) {
    if (!NAME_VALUE.test(field)) return undefined;
    const at = field.indexOf('=');
    extensions.set(field.slice(0, at), field.slice(at + 1));
  }
  return extensions;
}

function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function unescapeName(escaped: string): string | undefined {
  if (/=(?!2C|3D)/.test(escaped)) return undefined;
  return escaped.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
