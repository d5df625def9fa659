import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConntrackUsage } from '../../../../src/kernel/conntrack/read-usage.ts';

describe('how full the conntrack table is', () => {
  const procSys = mkdtempSync(join(tmpdir(), 'kube-ipvs-proc-sys-'));

  after(() => {
    rmSync(procSys, { recursive: true });
  });

  it('is nothing that is known where conntrack is not loaded', () => {
    assert.equal(readConntrackUsage(procSys), undefined);
  });

  it('is what the kernel says', () => {
    const folder = join(procSys, 'net/netfilter');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'nf_conntrack_count'), '17\n');
    writeFileSync(join(folder, 'nf_conntrack_max'), '262144\n');
    assert.deepEqual(readConntrackUsage(procSys), { entries: 17, limit: 262_144 });
  });
});
