import assert from 'node:assert/strict';
import { findService } from '../../../../src/inspect/explain/explain.ts';
import { web, worldOf } from '../../../support/explained.ts';

const ports = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  { name: 'http', protocol: 'TCP', port: 80 },
];
const world = worldOf(web({ ports }));

function found(text: string): string {
  const { key, about } = findService(text, world);
  return `${key}: ${about.kind === 'ports' ? about.ports.map(({ name }) => name).join(', ') : about.kind}`;
}

describe('a Service that is asked about', () => {
  for (const [text, expected] of [
    ['default/web', 'default/web: all'],
    ['web', 'default/web: all'],
    ['default/web:http', 'default/web: http'],
    ['default/web:53', 'default/web: dns, dns-tcp'],
    ['default/web:53/tcp', 'default/web: dns-tcp'],
  ] as const) {
    it(`may be named ${text}`, () => {
      assert.equal(found(text), expected);
    });
  }

  for (const [title, text, message] of [
    ['is there', 'default/wbe', 'there is no Service default/wbe; did you mean default/web?'],
    ['is there, or nothing is near', 'kube-system/dns', 'there is no Service kube-system/dns'],
    [
      'has that port',
      'default/web:htpp',
      'Service default/web has no port "htpp"; it has dns (UDP 53), dns-tcp (TCP 53), http (TCP 80); did you mean http?',
    ],
    [
      'has it with that protocol',
      'web:80/udp',
      'Service default/web has no port "80/udp"; it has dns (UDP 53), dns-tcp (TCP 53), http (TCP 80)',
    ],
    [
      'has a namespace and a name',
      'a/b/c',
      '"a/b/c" is no Service; allowed are namespace/name and namespace/name:port',
    ],
  ] as const) {
    it(`${title}: ${text}`, () => {
      assert.throws(() => findService(text, world), { name: 'QuestionError', message });
    });
  }
});
