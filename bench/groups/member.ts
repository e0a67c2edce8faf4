// Members of one group in one process, of one client, told what to do on standard input: `join` starts one more, `leave`
// closes the one that came last. Prints `name time` lines: `m PARTITION` for each message, when it is seen; `joining` and
// `left`. So a member's time does not count the start of a process.
//
//   node member.ts CLIENT PROTOCOL BOOTSTRAP GROUP TOPIC

import { createInterface } from 'node:readline';
import { clients, type Member } from './clients.ts';

const [client = 'klamm', protocol = 'consumer', bootstrap = '', group = '', topic = ''] =
  process.argv.slice(2);
const join = clients[client];
if (join === undefined) throw new Error(`There is no client ${client}.`);
const members: Promise<Member>[] = [];
const print = (name: string, text = ''): void => void process.stdout.write(`${name} ${Date.now()} ${text}\n`);

for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'join') {
    print('joining');
    members.push(
      join({ protocol, bootstrap, group, topic, onMessage: (partition) => print('m', `${partition}`) }),
    );
  } else if (command === 'leave') {
    const member = await members.pop();
    print('leaving');
    await member?.leave();
    print('left');
  }
}
