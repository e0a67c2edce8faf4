// The login of one connection by SASL, from the handshake to its end, and again when its time is over (KIP-43, KIP-152,
// KIP-368; Kafka's SaslServerAuthenticator). It knows neither sockets nor mechanisms: who feeds it does.
//
// A login that failed is answered late (connection.failed.authentication.delay.ms), and after the answer nothing more is
// taken. What the client is told never says whether there is such a user.

import { type Clock, sleep } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { SaslIdentity, SaslServer, SaslStep } from '@klamm/protocol/sasl/exchange';
import { ANONYMOUS, type Principal, principalText } from './principal.ts';

export interface LoginOptions {
  /** By name, as SaslHandshake has it: makes the broker's half of one exchange. */
  readonly mechanisms: ReadonlyMap<string, () => SaslServer>;
  /** How long a login by a mechanism holds, in ms; 0 for ever. */
  readonly sessionMsOf: (mechanism: string) => number;
  readonly failedDelayMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is at the other end, for the log. */
  readonly remote: string;
}

interface HandshakeAnswer {
  readonly errorCode: number;
  readonly mechanisms: string[];
}

export interface TokenAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly authBytes: Buffer;
  readonly sessionLifetimeMs: number;
}

/**
 * What comes next: `handshake`, then `tokens` in SaslAuthenticate, or as `raw` frames after a handshake of version 0.
 * `in` and `out` are the ends.
 */
type LoginState = 'handshake' | 'tokens' | 'raw' | 'in' | 'out';

const NOTHING = Buffer.alloc(0);
/** Of what a client called itself, in a line of the log. */
const LOGGED_CHARACTERS_MAX = 200;

export class Login {
  readonly #options: LoginOptions;
  #state: LoginState = 'handshake';
  #exchange: SaslServer | undefined;
  #principal: Principal = ANONYMOUS;
  /** By which the client is in; a login again has to be by the same. */
  #mechanism: string | undefined;
  #expiresAt = Number.POSITIVE_INFINITY;
  #busy: Promise<void> | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  get state(): LoginState {
    return this.#state;
  }

  /** Who is in; nobody in particular before. */
  get principal(): Principal {
    return this.#principal;
  }

  /** Whether the login holds no longer: the client has to log in again before it asks for anything else. */
  get isExpired(): boolean {
    return this.#options.clock.monotonic() >= this.#expiresAt;
  }

  /** Settles when the message at hand is judged: nothing may be read before. */
  get busy(): Promise<void> | undefined {
    return this.#busy;
  }

  /** @param isRaw tokens follow without requests around them */
  handshake(mechanism: string, isRaw: boolean): Promise<HandshakeAnswer> | HandshakeAnswer {
    const { mechanisms } = this.#options;
    const offered = [...mechanisms.keys()];
    const make = mechanisms.get(mechanism);
    const answer = (errorCode: number): HandshakeAnswer => ({ errorCode, mechanisms: offered });
    if (this.#state !== 'handshake' && this.#state !== 'in') return answer(ErrorCode.ILLEGAL_SASL_STATE);
    if (make === undefined) {
      this.#fail(
        `asks for the SASL mechanism ${JSON.stringify(mechanism)}; ${offered.join(', ')} are offered`,
      );
      return this.#late(answer(ErrorCode.UNSUPPORTED_SASL_MECHANISM));
    }
    if (this.#mechanism !== undefined && mechanism !== this.#mechanism) {
      this.#fail(`logs in again by ${mechanism} instead of ${this.#mechanism}`);
      return this.#late(answer(ErrorCode.ILLEGAL_SASL_STATE));
    }
    this.#exchange = make();
    this.#state = isRaw ? 'raw' : 'tokens';
    return answer(ErrorCode.NONE);
  }

  /** Judges the client's next message of the mechanism. */
  async authenticate(message: Buffer): Promise<TokenAnswer> {
    const exchange = this.#exchange;
    if (exchange === undefined)
      return refusal(ErrorCode.ILLEGAL_SASL_STATE, 'No SASL handshake went before.');
    const judged = this.#judge(exchange, message);
    this.#busy = judged.then(
      () => {},
      () => {},
    );
    try {
      return await judged;
    } finally {
      this.#busy = undefined;
    }
  }

  async #judge(exchange: SaslServer, message: Buffer): Promise<TokenAnswer> {
    const step = await evaluate(exchange, message);
    if (step.kind === 'continues') return { ...ACCEPTED, authBytes: step.challenge };
    if (step.kind === 'done') {
      const problem = this.#enter(exchange.mechanism, step.identity);
      if (problem === undefined) {
        return { ...ACCEPTED, authBytes: step.challenge, sessionLifetimeMs: this.#lifetimeMs() };
      }
      this.#fail(problem);
      return this.#late(refusal(ErrorCode.SASL_AUTHENTICATION_FAILED, problem));
    }
    this.#fail(step.reason);
    const said =
      step.said ??
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${exchange.mechanism}`;
    return this.#late(refusal(ErrorCode.SASL_AUTHENTICATION_FAILED, said));
  }

  /** What is wrong; undefined where the client is in. */
  #enter(mechanism: string, { name, isTokenAuthenticated, expiresAtMs }: SaslIdentity): string | undefined {
    const { clock, sessionMsOf, logger, remote } = this.#options;
    const principal: Principal = { type: 'User', name, isTokenAuthenticated };
    if (this.#mechanism !== undefined && principalText(principal) !== principalText(this.#principal)) {
      return `Cannot change principals during re-authentication from ${principalText(this.#principal)}: ${principalText(principal)}`;
    }
    const sessionMs = sessionMsOf(mechanism) || Number.POSITIVE_INFINITY;
    const proofMs = expiresAtMs === undefined ? Number.POSITIVE_INFINITY : expiresAtMs - clock.now();
    this.#expiresAt = clock.monotonic() + Math.max(0, Math.min(sessionMs, proofMs));
    this.#principal = principal;
    this.#mechanism = mechanism;
    this.#exchange = undefined;
    this.#state = 'in';
    logger.debug(`${remote} is ${escaped(principalText(principal))}, by ${mechanism}.`);
    return undefined;
  }

  #lifetimeMs(): number {
    if (this.#expiresAt === Number.POSITIVE_INFINITY) return 0;
    return Math.max(1, Math.floor(this.#expiresAt - this.#options.clock.monotonic()));
  }

  #fail(reason: string): void {
    const { logger, remote } = this.#options;
    this.#state = 'out';
    this.#exchange = undefined;
    logger.warn(`The login of ${remote} failed: ${escaped(reason)}.`);
  }

  async #late<T>(answer: T): Promise<T> {
    const { clock, failedDelayMs } = this.#options;
    if (failedDelayMs > 0) await sleep(clock, failedDelayMs);
    return answer;
  }
}

const ACCEPTED: TokenAnswer = {
  errorCode: ErrorCode.NONE,
  errorMessage: null,
  authBytes: NOTHING,
  sessionLifetimeMs: 0,
};

function refusal(errorCode: number, errorMessage: string): TokenAnswer {
  return { errorCode, errorMessage, authBytes: NOTHING, sessionLifetimeMs: 0 };
}

async function evaluate(exchange: SaslServer, message: Buffer): Promise<SaslStep> {
  try {
    return await exchange.evaluate(message);
  } catch {
    // The cause may hold what the client sent: it is told to nobody.
    return { kind: 'failed', reason: `${exchange.mechanism} could not judge the message` };
  }
}

/** A name from the wire in a line of the log: on that line, and no longer than it need be. */
function escaped(text: string): string {
  const short = text.length > LOGGED_CHARACTERS_MAX ? `${text.slice(0, LOGGED_CHARACTERS_MAX)}…` : text;
  return short.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
