import assert from 'node:assert/strict';
import { refusalOf } from '../../../src/cli/cleanup-kube-proxy.ts';
import { packetFilterRefusalOf } from '../../../src/cli/cleanup-packet-filter.ts';
import { judgeReadiness } from '../../../src/cli/kube-ipvs-readiness.ts';
import { answered, closed, kubeProxyServed, wellServed } from '../../support/doctor-readers.ts';

const notSeen = { kind: 'not seen', isCertain: true } as const;
const ready = judgeReadiness(wellServed['/readyz'] ?? closed);

describe('cleanup --kube-proxy', () => {
  it('is taken up where kube-ipvs is ready and no kube-proxy is seen', () => {
    assert.equal(refusalOf({ kubeProxy: notSeen, kubeIpvs: ready }), undefined);
  });

  it('is refused while a kube-proxy runs, with how it was seen', () => {
    const kubeProxy = { kind: 'runs', how: 'process 812' } as const;
    assert.match(refusalOf({ kubeProxy, kubeIpvs: ready }) ?? '', /\(process 812\)/);
  });

  it('is refused until kube-ipvs has synced, with what it waits for', () => {
    const refused = (body: object) =>
      refusalOf({ kubeProxy: notSeen, kubeIpvs: judgeReadiness(answered(body, 503)) }) ?? '';
    assert.match(refused({ waitingFor: ['table kube-ipvs'] }), /waits for table kube-ipvs/);
    assert.match(refused({ waitingFor: [] }), /it has not synced yet/);
  });

  it('is refused where no kube-ipvs runs: the node would serve nothing', () => {
    for (const readyz of [closed, { kind: 'off' } as const, kubeProxyServed['/readyz'] ?? closed]) {
      const refusal = refusalOf({ kubeProxy: notSeen, kubeIpvs: judgeReadiness(readyz) });
      assert.match(refusal ?? '', /^no kube-ipvs is seen on this node/);
    }
  });
});

describe('cleanup --packet-filter', () => {
  const kubeProxy = { kind: 'runs', how: 'process 812' } as const;
  const stopped = judgeReadiness(closed);

  it('is taken up where kube-ipvs is gone and a kube-proxy runs', () => {
    assert.equal(packetFilterRefusalOf({ kubeProxy, kubeIpvs: stopped }), undefined);
    const answering = judgeReadiness(kubeProxyServed['/readyz'] ?? closed);
    assert.equal(packetFilterRefusalOf({ kubeProxy, kubeIpvs: answering }), undefined);
  });

  it('is refused while kube-ipvs runs, ready or not', () => {
    for (const kubeIpvs of [ready, judgeReadiness(answered({ waitingFor: [] }, 503))]) {
      assert.match(packetFilterRefusalOf({ kubeProxy, kubeIpvs }) ?? '', /^kube-ipvs runs/);
    }
  });

  it('is refused where nobody else would masquerade', () => {
    assert.match(
      packetFilterRefusalOf({ kubeProxy: notSeen, kubeIpvs: stopped }) ?? '',
      /^no kube-proxy is seen/,
    );
  });
});
