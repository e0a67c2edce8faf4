// The login settings of Java, as `sasl.jaas.config` has them and files of `java.security.auth.login.config`:
//
//   org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b" user_c="d";
//
// A setting holds the entry of one login module (Kafka's JaasConfig); a file has blocks of them, each with a name. Values
// are quoted or bare; what is wrong is told by its place, never by its text: it may be a password.

import { KlammError } from '@klamm/base/errors';

export interface JaasEntry {
  /** The class of the login module; its last part tells the mechanism. */
  readonly loginModule: string;
  readonly flag: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A word or a quoted text, or one of `= ; { }`. */
interface Token {
  readonly text: string;
  readonly isMark: boolean;
  readonly at: number;
}

const FLAGS = ['required', 'requisite', 'sufficient', 'optional'];

/** Reads the value of `sasl.jaas.config`. Throws KlammError INVALID_CONFIG; `name` says whose value it is. */
export function parseJaas(text: string, name: string): JaasEntry {
  const reader = new JaasReader(text, name);
  const entry = reader.entry();
  if (!reader.isAtEnd) throw reader.wrong('there is more than one login module; Kafka takes one');
  return entry;
}

/** Reads a JAAS file: its blocks (`KafkaServer`, `KafkaClient`) by name. Throws KlammError INVALID_CONFIG. */
export function parseJaasFile(text: string, name: string): ReadonlyMap<string, readonly JaasEntry[]> {
  const reader = new JaasReader(text, name);
  const blocks = new Map<string, readonly JaasEntry[]>();
  while (!reader.isAtEnd) {
    const block = reader.word('the name of a block');
    reader.mark('{');
    const entries: JaasEntry[] = [];
    while (!reader.takes('}')) entries.push(reader.entry());
    reader.takes(';');
    blocks.set(block, entries);
  }
  return blocks;
}

/** The text that `parseJaas` reads as this module with these options. */
export function writeJaas(loginModule: string, options: Iterable<readonly [string, string]>): string {
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const pairs = Array.from(options, ([key, value]) => `${quoted(key)}=${quoted(value)}`);
  return `${[loginModule, 'required', ...pairs].join(' ')};`;
}

class JaasReader {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  readonly #name: string;
  #next = 0;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
    this.#tokens = this.#tokensOf(text);
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  entry(): JaasEntry {
    const loginModule = this.word('the class of a login module');
    const flag = this.word(`one of ${FLAGS.join(', ')}`).toLowerCase();
    if (!FLAGS.includes(flag))
      throw this.wrong(`a login module is followed by one of ${FLAGS.join(', ')}`, 1);
    const options = new Map<string, string>();
    while (!this.takes(';')) {
      const key = this.word('an option, or the semicolon that ends a login module');
      this.mark('=');
      options.set(key, this.word(`the value of ${key}`));
    }
    return { loginModule, flag, options };
  }

  word(what: string): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.isMark) throw this.wrong(`${what} is missing`);
    this.#next++;
    return token.text;
  }

  mark(mark: string): void {
    if (!this.takes(mark)) throw this.wrong(`"${mark}" is missing`);
  }

  takes(mark: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.isMark !== true || token.text !== mark) return false;
    this.#next++;
    return true;
  }

  /** @param back how many tokens before the next one the trouble is */
  wrong(what: string, back = 0): KlammError {
    const at = this.#tokens[this.#next - back]?.at ?? this.#text.length;
    return this.#wrongAt(at, what);
  }

  #wrongAt(at: number, what: string): KlammError {
    const before = this.#text.slice(0, at).split('\n');
    const line = before.length;
    const place = line > 1 ? `line ${line}` : `character ${at + 1}`;
    return new KlammError(`${this.#name} is no login configuration: ${what} (${place}).`, {
      code: 'INVALID_CONFIG',
      errorCode: 40,
      retriable: false,
    });
  }

  #tokensOf(text: string): Token[] {
    const tokens: Token[] = [];
    for (let at = 0; at < text.length; ) {
      const char = text.charAt(at);
      const skipped =
        /^(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)/.exec(text.slice(at, at + 4096))?.[0].length ?? 0;
      if (skipped > 0) at += skipped;
      else if ('=;{}'.includes(char)) tokens.push({ text: char, isMark: true, at: at++ });
      else if (char === '"' || char === "'") {
        const end = quotedEnd(text, at);
        if (end < 0) throw this.#wrongAt(at, 'a quotation mark is not closed');
        tokens.push({ text: unquoted(text.slice(at + 1, end)), isMark: false, at });
        at = end + 1;
      } else {
        const start = at;
        while (at < text.length && !/[\s=;{}"']/.test(text.charAt(at))) at++;
        tokens.push({ text: text.slice(start, at), isMark: false, at: start });
      }
    }
    return tokens;
  }
}

function quotedEnd(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let i = at + 1; i < text.length; i++) {
    if (text.charAt(i) === '\\') i++;
    else if (text.charAt(i) === quote) return i;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** As Java's StreamTokenizer: `\\n` and the like, octal numbers, and any other character for itself. */
function unquoted(text: string): string {
  return text.replace(/\\([0-3][0-7]{2}|[0-7]{1,2}|[\s\S])/g, (_, escaped: string) =>
    /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : (ESCAPES[escaped] ?? escaped),
  );
}
