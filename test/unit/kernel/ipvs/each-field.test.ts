import assert from 'node:assert/strict';
import { readRealServer, readVirtualServerHead } from '../../../../src/kernel/ipvs/decode.ts';
import { writeOperation } from '../../../../src/kernel/ipvs/encode.ts';
import { describeOperation } from '../../../../src/kernel/ipvs/ipvs-error.ts';
import type { Operation, VirtualServer } from '../../../../src/kernel/ipvs/model.ts';
import { MessageWriter } from '../../../../src/kernel/netlink/message-writer.ts';
import { messageHeaderLength } from '../../../../src/kernel/netlink/protocol.ts';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../src/reconcile/reconciler.ts';
import { virtualServerDifference } from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import {
  driftedRealServers,
  driftedSettings,
  realServerKey,
  wantedRealServer,
  wantedRow,
  wantedSettings,
} from '../../../support/field-samples.ts';
import { kernelKinds } from '../../../support/kernel-kinds.ts';
import { putRows, rowsOf } from '../../../support/kernel-rows.ts';

const key = 'TCP 10.96.0.1:80';
const { id, realServers } = wantedRow.virtualServer;

const mendsSettings: Operation = { kind: 'change virtual server', id, settings: wantedSettings };
const mendsRealServer: Operation = {
  kind: 'change real server',
  id,
  realServer: wantedRealServer,
};

/** What the kernel holds after the drift of a field, and the only operation that mends it. */
const drifts: readonly (readonly [string, VirtualServer, Operation])[] = [
  ...driftedSettings.map(
    ([field, settings]) =>
      [`${field} of a virtual server`, { id, settings, realServers }, mendsSettings] as const,
  ),
  ...driftedRealServers.map(
    ([field, realServer]) =>
      [
        `${field} of a real server`,
        { id, settings: wantedSettings, realServers: new Map([[realServerKey, realServer]]) },
        mendsRealServer,
      ] as const,
  ),
];

/**
 * What a start does about it. Where a virtual server does not say that it is limited, the thresholds
 * of its real servers are not seen, and set anew.
 */
function mendsByStart(mend: Operation, { settings }: VirtualServer): readonly string[] {
  const mends = settings.limited ? [mend] : [mend, mendsRealServer];
  return mends.map(describeOperation);
}

/** What the kernel holds when it is as wanted. */
const whole = new Map([[key, wantedRow.virtualServer]]);

async function started(kernel: FakeKernel): Promise<Reconciler> {
  const { virtualServers } = await kernelKinds(kernel);
  const table = new KindTable(virtualServers);
  table.setDesired(key, wantedRow);
  const reconciler = new Reconciler([table]);
  reconciler.allowRemovals();
  await reconciler.audit();
  return reconciler;
}
function payloadOf(operation: Operation): Buffer {
  const writer = new MessageWriter();
  writeOperation(writer, 30, 1, operation);
  return writer.bytes().subarray(messageHeaderLength);
}

describe('each field of a virtual server and of a real server', () => {
  it('is in the addition of a virtual server that is missing', () => {
    assert.deepEqual(virtualServerDifference(wantedRow, undefined).additions, [
      {
        kind: 'add virtual server',
        id,
        settings: wantedSettings,
        realServers: new Map([[realServerKey, wantedRealServer]]),
      },
    ]);
  });

  for (const [field, drifted, mend] of drifts) {
    it(`is mended by one message where ${field} alone differs`, () => {
      const observed = { virtualServer: drifted, drained: new Set<string>() };
      assert.deepEqual(virtualServerDifference(wantedRow, observed), {
        additions: [mend],
        removals: [],
      });
    });

    it(`is seen by the audit, and mended, where ${field} was changed in the kernel`, async () => {
      const kernel = new FakeKernel();
      const reconciler = await started(kernel);
      putRows(kernel, [[key, drifted]]);
      kernel.log.length = 0;
      await reconciler.audit();
      assert.deepEqual(kernel.log, [describeOperation(mend)]);
      assert.deepEqual(rowsOf(kernel), whole);
      kernel.log.length = 0;
      await reconciler.audit();
      assert.deepEqual(kernel.log, [], 'once is enough');
    });

    it(`is mended by a start that finds ${field} changed`, async () => {
      const kernel = new FakeKernel();
      putRows(kernel, [[key, drifted]]);
      await started(kernel);
      assert.deepEqual(kernel.log, mendsByStart(mend, drifted));
      assert.deepEqual(rowsOf(kernel), whole);
    });
  }

  it('is kept by a restart', async () => {
    const kernel = new FakeKernel();
    await started(kernel);
    kernel.log.length = 0;
    await started(kernel);
    assert.deepEqual(kernel.log, []);
    assert.deepEqual(rowsOf(kernel), whole);
  });

  for (const [field, settings] of driftedSettings) {
    it(`goes through a message: ${field} of a virtual server`, () => {
      const payload = payloadOf({ kind: 'change virtual server', id, settings });
      assert.deepEqual(readVirtualServerHead(payload), { id, settings });
    });
  }

  for (const [field, realServer] of driftedRealServers) {
    it(`goes through a message: ${field} of a real server`, () => {
      const payload = payloadOf({ kind: 'change real server', id, realServer });
      assert.deepEqual(readRealServer(payload, 'IPv4').realServer, realServer);
    });
  }
});
