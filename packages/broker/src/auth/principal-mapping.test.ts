// Rules from names of certificates to names of users, row by row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principalMapping } from './principal-mapping.ts';

const NAME = 'CN=Duke,OU=ServiceUsers,O=Org,C=US';

for (const [rules, name, user] of [
  ['DEFAULT', NAME, NAME],
  ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/', NAME, 'Duke'],
  ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/L', NAME, 'duke'],
  ['RULE:^CN=(.*?),OU=(.*?),O=(.*?),C=(.*?)$/$1@$2/U', NAME, 'DUKE@SERVICEUSERS'],
  ['RULE:^CN=(.*?),OU=Admins.*$/$1/, DEFAULT', NAME, NAME],
  ['RULE:^CN=(.*?),OU=Admins.*$/$1/', NAME, undefined],
  ['RULE:CN=Duke/x/', NAME, undefined],
  ['RULE:^CN=(.*?),OU=.*$/$1$2/', NAME, 'Duke$2'],
  ['RULE:^CN=(.*?),OU=.*$/$12/', NAME, 'Duke2'],
  ['RULE:^CN=(\\w+)\\/x$/$1/,RULE:^CN=(.*?),.*$/\\$$1/', NAME, '$Duke'],
  ['', NAME, undefined],
] as const) {
  test(`${rules || 'no rule'} makes ${user ?? 'nobody'} of ${name}`, () => {
    assert.equal(principalMapping(rules)(name), user);
  });
}

test('what is no rule is said so', () => {
  assert.throws(() => principalMapping('RULE:^CN=(.*?)$/$1'), { code: 'INVALID_CONFIG' });
  assert.throws(() => principalMapping('DEFAULTS'), { code: 'INVALID_CONFIG' });
  assert.throws(() => principalMapping('RULE:(?=x)/y/'), /RE2/);
});
