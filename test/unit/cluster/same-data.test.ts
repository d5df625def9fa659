import assert from 'node:assert/strict';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { sameData } from '../../../src/cluster/same-data.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { rawSlice } from '../../support/manifests.ts';

describe('the comparison of objects', () => {
  it('finds two readings of one slice the same', () => {
    const read = () => parseEndpointSlice(rawSlice('web-x1', 'web')).value;
    assert.ok(sameData(read(), read()));
  });

  it('finds a difference at any depth', () => {
    const slice = parseEndpointSlice(rawSlice('web-x1', 'web')).value;
    for (const fields of [
      { addressType: 'IPv6' },
      { ports: [] },
      { ports: [{ name: 'http', port: 8081 }] },
      { endpoints: [{ addresses: ['10.244.1.2'], nodeName: 'node-b' }] },
      { endpoints: [{ addresses: ['10.244.1.1'], nodeName: 'node-a' }] },
      {
        endpoints: [
          { addresses: ['10.244.1.1'], nodeName: 'node-b', conditions: { ready: false } },
        ],
      },
    ]) {
      const other = parseEndpointSlice(rawSlice('web-x1', 'web', fields)).value;
      assert.ok(!sameData(slice, other), JSON.stringify(fields));
    }
  });

  it('tells values of different kinds apart', () => {
    const address = IpAddress.parse('10.0.0.1');
    const values = [
      undefined,
      null,
      0,
      '',
      {},
      [],
      new Map(),
      address,
      { a: undefined },
      new Map([['a', 1]]),
    ];
    values.forEach((a, i) => {
      values.forEach((b, j) => {
        assert.equal(sameData(a, b), i === j, `${i} and ${j}`);
      });
    });
  });

  it('compares Maps by content and addresses by value', () => {
    assert.ok(sameData(new Map([['a', 1]]), new Map([['a', 1]])));
    assert.ok(!sameData(new Map([['a', 1]]), new Map([['a', 2]])));
    assert.ok(!sameData(new Map([['a', 1]]), new Map([['b', 1]])));
    assert.ok(sameData(IpAddress.parse('fd00::1'), IpAddress.parse('fd00:0::1')));
    assert.ok(!sameData(IpAddress.parse('fd00::1'), IpAddress.parse('fd00::2')));
  });
});
