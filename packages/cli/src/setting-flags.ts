// The flags by which a broker is given settings, as rows. What they say is read in given-settings.ts, which commands load.

import type { FlagSpec } from './command.ts';

export const SETTING_FLAGS: readonly FlagSpec[] = [
  {
    flags: '-l, --listeners <list>',
    about: 'addresses to listen on (default: PLAINTEXT://127.0.0.1:9092)',
  },
  { flags: '--advertised-listeners <list>', about: 'addresses that clients are told to use' },
  { flags: '-p, --port <port>', about: 'port on 127.0.0.1; 0 for a free one' },
  { flags: '-c, --config <file>', about: 'settings in a server.properties file of Kafka' },
  { flags: '--set <key=value>', about: 'one setting by its Kafka name', repeats: true },
];
