import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLANKED } from '../base/blanked.ts';
import { blankSecrets } from './network-secrets.ts';

/** What each dialect writes a secret as. */
const SECRET = [
  '    wpa-psk hunter2',
  '    wpa-private-key-passwd "hunter2"',
  '    wireless-key hunter2',
  '    wireless-key1 s:hunter2',
  'psk=hunter2',
  'wep-key0=hunter2',
  'password=hunter2',
  'private-key-password=hunter2',
  'preshared-key=hunter2',
  'private-key=hunter2=',
  'pin=1234hunter2',
  'PrivateKey=hunter2=',
  'PresharedKey = hunter2=',
  'Password=hunter2',
  'Key=hunter2',
  '      password: hunter2',
  '      - password: hunter2',
  '      "password": "hunter2"',
  '      client-key-password: hunter2',
  '      key: hunter2',
  '        private: hunter2=',
  '        shared: hunter2=',
  'token_secret: hunter2',
  'passwd: $6$hunter2',
  'hashed_passwd: $6$hunter2',
];

/** What looks like one and is none. */
const HARMLESS = [
  'auth eth0',
  'PrivateKeyFile=/etc/systemd/network/wg.key',
  'private-key=/etc/ssl/private/wlan.pem',
  'key-mgmt=wpa-psk',
  '    wpa-key-mgmt WPA-PSK',
  '      key-management: psk',
  'iface eth0 inet static',
  '  address 192.0.2.200/26',
  '# password: ask the owner',
  'MACAddress=02:00:00:00:00:01',
  'keepalive: 25',
  'ping-pong 1',
  '      keys:',
];

test('secrets of every dialect are blanked, and the option stays', () => {
  for (const line of SECRET) {
    const blanked = blankSecrets(line);
    assert.ok(!blanked.includes('hunter2'), line);
    assert.ok(blanked.endsWith(BLANKED), line);
    assert.equal(blanked.trim().split(/[\s:=]/)[0], line.trim().split(/[\s:=]/)[0], line);
  }
});

test('what is no secret stays as it is', () => {
  for (const line of HARMLESS) assert.equal(blankSecrets(line), line);
});

test('a private key in a file is blanked, and every line stays where it was', () => {
  const text = 'a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  hunter2\n  hunter3\n  -----END RSA PRIVATE KEY-----\nb: 1\n';
  const blanked = blankSecrets(text);
  assert.doesNotMatch(blanked, /hunter/);
  assert.equal(blanked.split('\n').length, text.split('\n').length);
  assert.equal(blanked.split('\n')[5], 'b: 1');
});
