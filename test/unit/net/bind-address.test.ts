import assert from 'node:assert/strict';
import { parseBindAddress, type BindChoice } from '../../../src/net/bind-address.ts';

const right: Readonly<Record<string, BindChoice>> = {
  '0.0.0.0:10249': { host: '0.0.0.0', port: 10_249 },
  '192.0.2.1': { host: '192.0.2.1', port: 7 },
  '[::]:10256': { host: '::', port: 10_256 },
  '[2001:DB8::0:1]:1': { host: '2001:db8::1', port: 1 },
  '::1': { host: '::1', port: 7 },
  '127.0.0.1:65535': { host: '127.0.0.1', port: 65_535 },
  '127.0.0.1:0': 'off',
  '[::]:0': 'off',
};

const wrong = [
  '',
  'localhost',
  'localhost:80',
  ':10256',
  '10256',
  '0.0.0.0:',
  '0.0.0.0:65536',
  '0.0.0.0:-1',
  '0.0.0.0:80:80',
  '[0.0.0.0',
  '[::]',
  '[::1]:x',
  '::1:80:zz',
  '256.0.0.1:80',
  'fe80::1%eth0',
];

describe('an address to listen on', () => {
  for (const [text, expected] of Object.entries(right)) {
    it(`may be ${text}`, () => {
      assert.deepEqual(parseBindAddress(text, 7), expected);
    });
  }
  for (const text of wrong) {
    it(`cannot be ${JSON.stringify(text)}`, () => {
      assert.equal(parseBindAddress(text, 7), undefined);
    });
  }
});
