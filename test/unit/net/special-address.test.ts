import assert from 'node:assert/strict';
import { specialAddress } from '../../../src/net/special-address.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';

describe('an address', () => {
  for (const [special, texts] of [
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['loopback', ['127.0.0.1', '127.255.0.1', '::1']],
    ['link-local', ['169.254.1.1', 'fe80::1', 'febf::1']],
    ['multicast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1']],
    [
      undefined,
      ['10.0.0.1', '169.253.1.1', '240.0.0.1', 'fd00::1', 'fec0::1', '::2', '2001:db8::'],
    ],
  ] as const) {
    it(`like ${texts[0]} is ${special ?? 'nothing special'}`, () => {
      for (const text of texts) {
        const address = IpAddress.parse(text);
        assert.ok(address);
        assert.equal(specialAddress(address), special, text);
      }
    });
  }
});
