// Profiles: what they stand for, what is wrong with them, what is shown of them, and how they are kept.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  checkedProfile,
  type Profile,
  plainSecrets,
  profileOf,
  propertiesOf,
  shownProfile,
} from './profile.ts';
import { exposure, profileProperties, profilesPath, readProfiles, writeProfiles } from './profile-file.ts';

const reader = {
  file: (path: string) => `in ${path}`,
  variable: (name: string) => `of ${name}`,
  path: (path: string) => `/beside/${path}`,
};

const FULL: Profile = {
  bootstrap: 'a:1,b:1',
  tls: { ca: 'ca.pem', keystore: 'me.p12', keystore_password_file: 'me.secret', verify: false },
  sasl: { mechanism: 'PLAIN', username: 'alice', password_env: 'PW' },
  properties: { 'client.id': 'me' },
};

test('a profile stands for properties of clients, secrets fetched from where they are', () => {
  assert.deepEqual(propertiesOf(FULL, 'full', reader), {
    'bootstrap.servers': 'a:1,b:1',
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.location': '/beside/ca.pem',
    'ssl.keystore.location': '/beside/me.p12',
    'ssl.keystore.password': 'in me.secret',
    'enable.ssl.certificate.verification': 'false',
    'sasl.mechanism': 'PLAIN',
    'sasl.username': 'alice',
    'sasl.password': 'of PW',
    'client.id': 'me',
  });
  const protocol = (profile: Profile) => propertiesOf(profile, 'x', reader)['security.protocol'];
  assert.equal(protocol({}), 'PLAINTEXT');
  assert.equal(protocol({ tls: {} }), 'SSL');
  assert.equal(protocol({ sasl: { mechanism: 'PLAIN' } }), 'SASL_PLAINTEXT');
});

test('a field that is none, or of another type, is named with the nearest and without its value', () => {
  for (const [value, message] of [
    [{ bootstarp: 'hunter2' }, /there is no bootstarp; did you mean bootstrap\?/],
    [{ tls: { truststroe: 'hunter2' } }, /p\.tls: there is no truststroe; did you mean truststore\?/],
    [{ sasl: { password: 12 } }, /p\.sasl: password has to be a text/],
    [{ tls: { verify: 'hunter2' } }, /verify has to be a true or false/],
    [{ sasl: 'hunter2' }, /p\.sasl is no table/],
    ['hunter2', /p is no table/],
  ] as const) {
    assert.throws(
      () => checkedProfile(value, 'p'),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
});

test('a client.properties and a kcat.conf become the same profile, and what is shown of it holds no secret', () => {
  const jaas = () =>
    new Map([
      ['username', 'u'],
      ['password', 'hunter2'],
    ]);
  const path = (text: string) => `/abs/${text}`;
  const java = profileOf(
    {
      'bootstrap.servers': 'h:1',
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': '…',
      'ssl.truststore.location': 'ca.pem',
    },
    jaas,
    path,
  );
  const kcat = profileOf(
    {
      'metadata.broker.list': 'h:1',
      'security.protocol': 'sasl_ssl',
      'sasl.mechanisms': 'PLAIN',
      'sasl.username': 'u',
      'sasl.password': 'hunter2',
      'ssl.ca.location': 'ca.pem',
    },
    jaas,
    path,
  );
  assert.deepEqual(propertiesOf(kcat, 'k', reader), propertiesOf(java, 'j', reader));
  assert.deepEqual(plainSecrets(java), ['sasl.password']);
  const shown = shownProfile(
    { ...java, properties: { 'ssl.key.pem': 'hunter2' } },
    (name) => name === 'ssl.key.pem',
  );
  assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
});

test('the file is written for its owner alone, and read again as it was', async () => {
  const home = mkdtempSync(join(tmpdir(), 'klamm-profiles-'));
  const environment = { XDG_CONFIG_HOME: home };
  try {
    assert.equal((await readProfiles(environment)).profiles.size, 0);
    const path = profilesPath(environment);
    const secret: Profile = { tls: {}, sasl: { mechanism: 'PLAIN', username: 'u', password: 'p"\\\n' } };
    await writeProfiles({
      path,
      current: 'full',
      profiles: new Map([
        ['full', FULL],
        ['secret', secret],
      ]),
    });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const all = await readProfiles(environment);
    assert.equal(all.current, 'full');
    assert.deepEqual({ ...all.profiles.get('secret')?.sasl }, { ...secret.sasl });
    assert.equal(exposure(all), undefined);
    chmodSync(path, 0o644);
    assert.match(exposure(all) ?? '', /others can read it: chmod 600/);
    writeFileSync(join(dirname(path), 'me.secret'), 'from the file\n');
    process.env.PW_OF_TEST = 'from the variable';
    const sasl = { mechanism: 'PLAIN', username: 'alice', password_env: 'PW_OF_TEST' };
    const properties = profileProperties({ ...all, profiles: new Map([['x', { ...FULL, sasl }]]) }, 'x');
    assert.equal(properties['ssl.keystore.password'], 'from the file');
    assert.equal(properties['sasl.password'], 'from the variable');
    assert.equal(properties['ssl.truststore.location'], join(dirname(path), 'ca.pem'));
    writeFileSync(path, 'current = "a"\n[profiles.a\nsasl = "hunter2"');
    await assert.rejects(readProfiles(environment), (error: Error) => {
      assert.match(error.message, /is no TOML, line 2/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    assert.match(readFileSync(path, 'utf8'), /hunter2/, 'what could not be read was not touched');
  } finally {
    delete process.env.PW_OF_TEST;
    rmSync(home, { recursive: true, force: true });
  }
});
