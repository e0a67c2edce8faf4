// PLAIN (RFC 4616): the password itself in one message, which is as safe as the connection it goes over. Kafka's
// PlainSaslServer and PlainSaslServerProvider fix the behaviour.

import { failed, type SaslClient, type SaslServer, type SaslStep } from './exchange.ts';

export function plainClient(user: string, password: string): SaslClient {
  return {
    mechanism: 'PLAIN',
    next: (challenge) => (challenge === null ? Buffer.from(`\0${user}\0${password}`) : null),
  };
}

/** @param check whether this is the user's password; must take as long for users that there are not */
export function plainServer(check: (user: string, password: string) => boolean): SaslServer {
  let isOver = false;
  const evaluate = (response: Buffer): SaslStep => {
    if (isOver) return failed('a message came after the login');
    isOver = true;
    const parts = response.toString('utf8').split('\0');
    const [asked = '', user = '', password = ''] = parts;
    if (parts.length !== 3 || user === '' || password === '') {
      return failed('the PLAIN message is not of three parts: identity, user name, password');
    }
    // Acting for somebody else is not offered.
    if (asked !== '' && asked !== user) return failed(`"${user}" asked to act as "${asked}"`);
    if (!check(user, password)) {
      return failed(
        `no user "${user}" with that password`,
        'Authentication failed: Invalid username or password',
      );
    }
    const identity = { name: user, isTokenAuthenticated: false };
    return { kind: 'done', challenge: Buffer.alloc(0), identity };
  };
  return { mechanism: 'PLAIN', evaluate };
}
