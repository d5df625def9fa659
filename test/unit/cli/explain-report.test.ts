import assert from 'node:assert/strict';
import { explanationJson, packetText, serviceText } from '../../../src/cli/explain-report.ts';
import { parsePacket, type Explanation } from '../../../src/inspect/explain/explain.ts';
import { explainedService, web, worldOf } from '../../support/explained.ts';

const packet = parsePacket('10.244.1.5', '10.96.0.10:53/udp');
const explanation: Explanation = {
  verdict: 'forwarded',
  virtualServer: 'UDP 10.96.0.10:53',
  service: 'kube-system/kube-dns',
  realServers: ['10.244.1.7:53', '10.244.2.3:53'],
  source: 'client',
  sources: { '10.244.1.7:53': 'client', '10.244.2.3:53': 'client' },
  steps: [
    { text: 'decided by a field', object: 'Service a/b', field: 'spec.x', rule: 'cluster' },
    { text: 'decided by a role', rule: 'vip', place: 'set vips-4' },
    { text: 'so it is' },
  ],
  warnings: ['the kernel has no virtual server UDP 10.96.0.10:53'],
};

describe('an explanation', () => {
  it('for people has the verdict first, each step with what decided it, and warnings', () => {
    assert.equal(
      packetText(packet, explanation, 'node-a'),
      [
        'UDP 10.96.0.10:53 from 10.244.1.5, on node node-a: forwarded',
        '  virtual server  UDP 10.96.0.10:53 of Service kube-system/kube-dns',
        '  real servers    10.244.1.7:53, 10.244.2.3:53',
        '  source          client',
        '',
        '  1. decided by a field',
        '       [Service a/b spec.x; role cluster]',
        '  2. decided by a role',
        '       [role vip: set vips-4]',
        '  3. so it is',
        '',
        'The kernel is not as it should be:',
        '  - the kernel has no virtual server UDP 10.96.0.10:53',
        '',
      ].join('\n'),
    );
  });

  it('for people leaves out most of many steps that the same field decided', () => {
    const alike = Array.from({ length: 12 }, (_, at) => ({ text: `endpoint ${at}`, field: 'x' }));
    const text = packetText(
      packet,
      { ...explanation, steps: [...alike, { text: 'the end' }] },
      'node-a',
    );
    assert.match(text, / 10\. endpoint 9\n {7}\[x\]\n {5}and 2 more of this kind; -o json/);
    assert.match(text, / 13\. the end\n/);
    assert.doesNotMatch(text, /endpoint 10/);
  });

  it('for programs has all of it', () => {
    assert.deepEqual(JSON.parse(explanationJson(explanation)), explanation);
  });

  it('of a Service has a line for each front end, and what becomes of each sender', () => {
    const text = serviceText(
      'default/web',
      explainedService(worldOf(web({ externalTrafficPolicy: 'Local' })), 'default/web'),
      'node-a',
    );
    assert.match(text, /^Service default\/web, on node node-a\n/);
    assert.match(
      text,
      /^TCP 203\.0\.113\.80:80 +load-balancer IP +forwarded to 1, source client +forwarded to 1, source node +forwarded to 1, source client$/m,
    );
  });
});
