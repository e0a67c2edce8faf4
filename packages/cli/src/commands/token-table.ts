// `klamm token`: its commands as rows of the command table.

import type { CommandSpec } from '../command.ts';
import { secretFlags } from '../secret.ts';

const HMAC = secretFlags('hmac', 'the HMAC of the token, in base64');

export const tokenCommands: CommandSpec = {
  name: 'token',
  aliases: ['tokens'],
  about: 'make, list, renew and end delegation tokens',
  examples: [
    ['klamm token create', 'a login for a while, for you'],
    ['klamm token list', 'those you may see'],
  ],
  commands: [
    {
      name: 'list',
      aliases: ['ls'],
      about: 'list tokens',
      parameters: [{ name: '[owners...]', about: 'only those of these users' }],
      examples: [
        ['klamm token list', 'all that you may see'],
        ['klamm tokens ls alice -o json', 'those of alice, for a program'],
      ],
      load: async () => (await import('./token.ts')).listTokens,
    },
    {
      name: 'create',
      about: 'make a token, and print it with its HMAC',
      flags: [
        { flags: '--owner <user>', about: 'for this user (default: you)' },
        { flags: '--renewer <user>', about: 'who else may renew it', repeats: true },
        {
          flags: '--max-lifetime <duration>',
          about: "how long it can be renewed, as 2h (default: the brokers' limit)",
        },
      ],
      examples: [
        ['klamm token create -p prod', 'you are logged in by the profile prod'],
        ['klamm token create --renewer scheduler --max-lifetime 12h -o json', 'for a program'],
      ],
      notes: 'Who has the HMAC can log in as the owner: keep it as a password.',
      load: async () => (await import('./token.ts')).createToken,
    },
    {
      name: 'renew',
      about: 'put off when a token expires',
      flags: [
        ...HMAC,
        { flags: '--for <duration>', about: "from now on, as 2h (default: the brokers' setting)" },
      ],
      examples: [['klamm token renew --hmac-file token.secret', 'by delegation.token.expiry.time.ms']],
      load: async () => (await import('./token.ts')).renewToken,
    },
    {
      name: 'end',
      aliases: ['expire'],
      about: 'end a token',
      flags: [...HMAC, { flags: '--after <duration>', about: 'not at once, but after so long' }],
      examples: [['klamm token end --hmac-file token.secret', 'at once']],
      notes: 'Connections that are logged in with it stay so until they end.',
      load: async () => (await import('./token.ts')).endToken,
    },
  ],
};
