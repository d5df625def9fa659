import assert from 'node:assert/strict';
import { proxyFor } from '../../../../src/source/api-server/proxy-environment.ts';

const proxy = 'http://proxy.example:3128';

function isProxied(server: string, noProxy = ''): boolean {
  return proxyFor(server, { HTTPS_PROXY: proxy, NO_PROXY: noProxy }) !== undefined;
}

describe('the proxy of the environment', () => {
  it('is the one for the scheme of the server, in either case', () => {
    const environment = { https_proxy: 'proxy.example:3128', HTTP_PROXY: 'http://other.example' };
    assert.equal(proxyFor('https://10.0.0.1:6443', environment), proxy);
    assert.equal(proxyFor('http://10.0.0.1:8080', environment), 'http://other.example');
  });

  it('is none without a variable, or with an empty one', () => {
    assert.equal(proxyFor('https://10.0.0.1:6443', {}), undefined);
    assert.equal(proxyFor('https://10.0.0.1:6443', { HTTPS_PROXY: '' }), undefined);
  });

  it('is not used for this host', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      assert.equal(isProxied(`https://${host}:6443`), false, host);
    }
  });

  const exempt: readonly (readonly [string, string])[] = [
    ['https://10.96.0.1:443', '10.96.0.0/12'],
    ['https://10.96.0.1', 'a.example, 10.96.0.1'],
    ['https://10.96.0.1', '10.96.0.1:443'],
    ['https://[fd00::1]:6443', 'fd00::/16'],
    ['https://[fd00::1]:6443', '[fd00::1]:6443'],
    ['https://[fd00::1]:6443', 'fd00::1'],
    ['https://api.example.com', 'example.com'],
    ['https://api.example.com', '.example.com'],
    ['https://api.example.com', '*.example.com'],
    ['https://API.example.com', 'api.EXAMPLE.com'],
    ['https://10.96.0.1', '*'],
  ];
  for (const [server, noProxy] of exempt) {
    it(`is not used for ${server} with NO_PROXY=${noProxy}`, () => {
      assert.equal(isProxied(server, noProxy), false);
    });
  }

  const proxied: readonly (readonly [string, string])[] = [
    ['https://10.112.0.1:443', '10.96.0.0/12'],
    ['https://10.96.0.1:6443', '10.96.0.1:443'],
    ['https://10.96.0.1', '96.0.1'],
    ['https://example.com', '.example.com'],
    ['https://badexample.com', 'example.com'],
    ['https://10.96.0.1', '10.96.0.0/99'],
    ['https://10.96.0.1', 'fd00::/16'],
    ['https://10.96.0.1', ','],
  ];
  for (const [server, noProxy] of proxied) {
    it(`is used for ${server} with NO_PROXY=${noProxy}`, () => {
      assert.equal(isProxied(server, noProxy), true);
    });
  }
});
