import assert from 'node:assert/strict';
import { kubeProxy } from '../../../../src/doctor/checks/kube-proxy.ts';
import {
  answered,
  findingsOf,
  kindsFound,
  kubeProxyServed,
  processesNamed,
  serving,
} from '../../../support/doctor-readers.ts';

const nobody = serving({});

describe('doctor: kube-proxy', () => {
  it('is content with kube-ipvs alone, seen from the node or from its Pod', async () => {
    assert.deepEqual(await kindsFound(kubeProxy), ['ok']);
    assert.deepEqual(await kindsFound(kubeProxy, processesNamed(['node'], false)), ['ok']);
    assert.deepEqual(await kindsFound(kubeProxy, nobody), ['ok']);
  });

  it('sees its process', async () => {
    const [finding] = await findingsOf(kubeProxy, { ...processesNamed(['kube-proxy']), ...nobody });
    assert.equal(finding?.kind, 'runs');
    assert.equal(finding.command, 'kubectl label node node-a kube-ipvs.io/proxy=kube-ipvs');
  });

  it('knows one inside another program, or hidden, by what answers', async () => {
    const [finding] = await findingsOf(kubeProxy, {
      ...processesNamed(['node'], false),
      ...serving(kubeProxyServed),
    });
    assert.equal(finding?.kind, 'runs');
    assert.match(finding.seen, /mode iptables/);
  });

  it('minds both on one node, whoever has the port', async () => {
    assert.deepEqual(await kindsFound(kubeProxy, processesNamed(['kube-proxy'])), [
      'beside-kube-ipvs',
    ]);
    const daemon = '/usr/local/bin/node --max-semi-space-size=4 /opt/kube-ipvs/kube-ipvs.js run';
    const both = { ...processesNamed(['kube-proxy', daemon]), ...serving(kubeProxyServed) };
    assert.deepEqual(await kindsFound(kubeProxy, both), ['beside-kube-ipvs']);
  });

  it('minds another program at the ports of kube-ipvs', async () => {
    const [finding] = await findingsOf(kubeProxy, serving({ '/healthz': answered('hello') }));
    assert.equal(finding?.kind, 'port-taken');
    assert.equal(finding.command, "ss -ltnp 'sport = :10256'");
    const metrics = serving({ '/metrics': answered('nginx_up 1') });
    assert.match((await findingsOf(kubeProxy, metrics))[0]?.seen ?? '', /port 10249/);
  });

  it('says that processes are hidden, where nothing else tells', async () => {
    const hidden = { ...processesNamed(['node'], false), ...nobody };
    assert.deepEqual(await kindsFound(kubeProxy, hidden), ['processes-hidden']);
  });
});
