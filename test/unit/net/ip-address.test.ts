import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { formatEndpoint, IpAddress } from '../../../src/net/ip-address.ts';

const ipv4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6Bytes = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  // An IPv4-mapped address is read as the IPv4 address by rule.
  .filter((bytes) => !isMapped(bytes));

function isMapped(bytes: Uint8Array): boolean {
  return (
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  );
}

describe('an IP address', () => {
  it('of IPv4 reads back from its own text', () => {
    fc.assert(
      fc.property(ipv4Bytes, (bytes) => {
        const address = IpAddress.fromBytes('IPv4', bytes);
        assert.deepEqual(IpAddress.parse(address.text)?.bytes, bytes);
      }),
    );
  });

  it('of IPv6 reads back from its own text', () => {
    fc.assert(
      fc.property(ipv6Bytes, (bytes) => {
        const address = IpAddress.fromBytes('IPv6', bytes);
        const again = IpAddress.parse(address.text);
        assert.equal(again?.family, 'IPv6');
        assert.deepEqual(again.bytes, bytes);
        assert.equal(again.text, address.text);
      }),
    );
  });

  it('is read from any notation of IPv6', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const address = IpAddress.parse(text);
        assert.notEqual(address, undefined, text);
      }),
    );
  });

  it('is read from what Node takes for IPv6, and from no more', () => {
    const parts = fc.constantFrom(
      '',
      '0',
      '1',
      'ffff',
      '0001',
      '00001',
      'g',
      ':',
      '1.2.3.4',
      '0x1.2.3.4',
    );
    const texts = fc.array(parts, { maxLength: 10 }).map((some) => some.join(':'));
    fc.assert(
      fc.property(texts, (text) => {
        assert.equal(IpAddress.parse(text) !== undefined, isIPv6(text) || isIPv4(text), text);
      }),
      { numRuns: 5000 },
    );
  });

  it('is read from any text without throwing, and stays the same when read again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = IpAddress.parse(text);
        assert.equal(IpAddress.parse(address?.text ?? '')?.text, address?.text);
      }),
    );
  });

  it('has one text for all its notations', () => {
    for (const text of ['fd00::1', 'FD00:0:0:0:0:0:0:1', 'fd00::0001', 'fd00::0.0.0.1']) {
      assert.equal(IpAddress.parse(text)?.text, 'fd00::1');
    }
  });

  it('reads leading zeros of IPv4 as decimal', () => {
    assert.equal(IpAddress.parse('010.096.000.008')?.text, '10.96.0.8');
  });

  it('is the IPv4 address where IPv6 maps one', () => {
    const address = IpAddress.parse('::ffff:10.0.0.1');
    assert.equal(address?.family, 'IPv4');
    assert.equal(address.text, '10.0.0.1');
  });

  it('is not made of anything else', () => {
    for (const text of [
      '',
      '10.0.0',
      '10.0.0.256',
      '10.0.0.1/32',
      'fe80::1%eth0',
      'host',
      ' 10.0.0.1',
    ]) {
      assert.equal(IpAddress.parse(text), undefined, text);
    }
  });

  it('is put in brackets before a port only for IPv6', () => {
    assert.equal(formatEndpoint(parsed('10.0.0.1'), 80), '10.0.0.1:80');
    assert.equal(formatEndpoint(parsed('fd00::1'), 80), '[fd00::1]:80');
    assert.equal(parsed('10.0.0.1').hostPrefix, '10.0.0.1/32');
    assert.equal(parsed('fd00::1').hostPrefix, 'fd00::1/128');
  });
});

function parsed(text: string): IpAddress {
  const address = IpAddress.parse(text);
  assert.ok(address);
  return address;
}
