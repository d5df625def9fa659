import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Operation } from '../../../../src/kernel/ipvs/model.ts';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../src/reconcile/reconciler.ts';
import type { ObservedVirtualServer } from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import type { VirtualServerKind } from '../../../../src/kernel/ipvs/virtual-server-kind.ts';
import type { DesiredFrontEnd } from '../../../../src/translate/desired.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { realServer } from '../../../support/ipvs-examples.ts';
import { kernelKinds, type KernelKinds } from '../../../support/kernel-kinds.ts';
import { putRows } from '../../../support/kernel-rows.ts';
import { changed, heldAs, realServers, frontEnd } from '../../../support/rows.ts';

const key = 'TCP 10.96.0.1:80';
const [old, young] = ['10.244.1.1:8080', '10.244.1.2:8080'];
const web = frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') });
const withoutOld: DesiredFrontEnd = changed(web, { realServers: realServers('10.244.1.2') });

/** One program: its loop over a kernel, with a clock in milliseconds. */
class Program {
  readonly kernel: FakeKernel;
  readonly client: KernelKinds['client'];
  readonly kind: VirtualServerKind<DesiredFrontEnd>;
  readonly table: KindTable<DesiredFrontEnd, ObservedVirtualServer, Operation>;
  readonly reconciler: Reconciler;
  readonly #clock: { nowMs: number };

  private constructor(kernel: FakeKernel, kinds: KernelKinds, clock: { nowMs: number }) {
    this.kernel = kernel;
    ({ client: this.client, virtualServers: this.kind } = kinds);
    this.table = new KindTable(this.kind);
    this.reconciler = new Reconciler([this.table], () => clock.nowMs);
    this.reconciler.allowRemovals();
    this.#clock = clock;
  }

  static async start(kernel = new FakeKernel()): Promise<Program> {
    const clock = { nowMs: 0 };
    return new Program(kernel, await kernelKinds(kernel, () => clock.nowMs), clock);
  }

  async want(row: DesiredFrontEnd | undefined): Promise<void> {
    this.table.setDesired(key, row);
    await this.reconciler.round();
  }

  /** The look that the controller takes every second. */
  async look(afterMs = 1000): Promise<void> {
    this.#clock.nowMs += afterMs;
    await this.reconciler.pollRows();
    await this.reconciler.round();
  }

  get weights(): string[] {
    return this.kernel.ipvs.weights(key);
  }
}

/** A program that serves both real servers, of which the old one has a connection. */
async function serving(row: DesiredFrontEnd = web): Promise<Program> {
  const program = await Program.start();
  await program.want(row);
  program.kernel.ipvs.setConnections(key, old, 1);
  return program;
}

describe('a real server that is no longer wanted', () => {
  it('gets weight 0 and stays while it has connections', async () => {
    const program = await serving();
    await program.want(withoutOld);
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    for (let second = 0; second < 3600; second += 100) {
      await program.look(100_000);
    }
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
  });

  it('goes at the first look after its last connection', async () => {
    const program = await serving();
    await program.want(withoutOld);
    program.kernel.ipvs.endConnections();
    await program.look();
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('gets its weight back when it comes back', async () => {
    const program = await serving();
    await program.want(withoutOld);
    await program.want(web);
    assert.deepEqual(program.weights, [`${old} 1`, `${young} 1`]);
    program.kernel.ipvs.endConnections();
    await program.look();
    assert.deepEqual(program.weights, [`${old} 1`, `${young} 1`]);
  });

  it('goes with its connections when its time is up, not before', async () => {
    const limited = changed(web, { drainTimeoutMs: 5000 });
    const program = await serving(limited);
    await program.want(changed(withoutOld, { drainTimeoutMs: 5000 }));
    await program.look(4999);
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    await program.look(1);
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('has its whole time again after it came back in between', async () => {
    const program = await serving(changed(web, { drainTimeoutMs: 5000 }));
    await program.want(changed(withoutOld, { drainTimeoutMs: 5000 }));
    await program.look(4000);
    await program.want(changed(web, { drainTimeoutMs: 5000 }));
    await program.want(changed(withoutOld, { drainTimeoutMs: 5000 }));
    await program.look(4000);
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    await program.look(1000);
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('goes when a limit is set while it drains', async () => {
    const program = await serving();
    await program.want(withoutOld);
    await program.look(60_000);
    await program.want(changed(withoutOld, { drainTimeoutMs: 30_000 }));
    await program.look();
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('goes at once where the limit is 0, whatever connections it has', async () => {
    const program = await serving(changed(web, { drainTimeoutMs: 0 }));
    await program.want(changed(withoutOld, { drainTimeoutMs: 0 }));
    assert.deepEqual(program.weights, [`${young} 1`]);
    assert.deepEqual(program.kind.needsPolling(), []);
  });

  it('goes at once over UDP', async () => {
    const program = await Program.start();
    const udp = { protocol: 'UDP' } as const;
    const udpKey = 'UDP 10.96.0.1:80';
    program.table.setDesired(udpKey, changed(web, { ...udp }));
    await program.reconciler.round();
    program.kernel.ipvs.setConnections(udpKey, old, 5);
    program.table.setDesired(udpKey, changed(withoutOld, { ...udp }));
    await program.reconciler.round();
    assert.deepEqual(program.kernel.ipvs.weights(udpKey), [`${young} 1`]);
    assert.deepEqual(program.kind.needsPolling(), []);
  });

  it('is not deleted by an audit while it has connections, and is when it has none', async () => {
    const program = await serving();
    await program.want(withoutOld);
    await program.reconciler.audit();
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    program.kernel.ipvs.endConnections();
    await program.reconciler.audit();
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('has inactive connections counted as well', async () => {
    const program = await serving();
    await program.want(withoutOld);
    program.kernel.ipvs.endConnections();
    program.kernel.ipvs.connectionsEach = { active: 0, inactive: 1, persistent: 0 };
    await program.look();
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
  });
});

describe('looking at what drains', () => {
  it('is needed only while something does', async () => {
    const program = await serving();
    assert.deepEqual(program.kind.needsPolling(), []);
    await program.want(withoutOld);
    assert.deepEqual(program.kind.needsPolling(), [key]);
    program.kernel.ipvs.endConnections();
    await program.look();
    assert.deepEqual(program.kind.needsPolling(), []);
  });

  it('is over when the real server comes back, or its virtual server goes', async () => {
    const program = await serving();
    await program.want(withoutOld);
    await program.want(web);
    assert.deepEqual(program.kind.needsPolling(), []);
    await program.want(withoutOld);
    await program.want(undefined);
    assert.deepEqual(program.kind.needsPolling(), []);
    assert.equal(program.kernel.ipvs.virtualServers.size, 0);
  });

  it('is over when somebody else deletes the real server', async () => {
    for (const readAgain of ['look', 'audit'] as const) {
      const program = await serving();
      await program.want(withoutOld);
      program.kernel.ipvs.virtualServers.get(key)?.realServers.delete(old);
      await (readAgain === 'look' ? program.look() : program.reconciler.audit());
      assert.deepEqual(program.kind.needsPolling(), [], readAgain);
      assert.deepEqual(program.weights, [`${young} 1`]);
    }
  });

  it('is over when somebody else deletes the virtual server, wanted or not', async () => {
    for (const wanted of [withoutOld, undefined]) {
      const program = await serving();
      await program.want(withoutOld);
      program.kernel.ipvs.virtualServers.delete(key);
      program.table.setDesired(key, wanted);
      await program.reconciler.audit();
      assert.deepEqual(program.kind.needsPolling(), []);
      assert.deepEqual(program.weights, wanted === undefined ? [] : [`${young} 1`]);
    }
  });

  it('holds up no change of the same virtual server, and takes nothing back', async () => {
    const program = await serving();
    await program.want(withoutOld);
    const answered = Promise.withResolvers<undefined>();
    const read = program.client.realServers.bind(program.client);
    program.client.realServers = async (id) => {
      const found = await read(id);
      await answered.promise;
      return found;
    };
    const review = program.reconciler.pollRows();
    await nextTurn();
    const more = changed(web, { realServers: realServers('10.244.1.2', '10.244.1.3') });
    await program.want(more);
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`, '10.244.1.3:8080 1']);
    answered.resolve(undefined);
    await review;
    assert.equal((await program.reconciler.round()).applied, 0);
  });

  it('does not concern the real servers of others, though they have weight 0', async () => {
    const program = await Program.start();
    const foreign = heldAs(web, { owned: false });
    putRows(program.kernel, [
      [key, { ...foreign, realServers: new Map([[old, realServer('10.244.1.1', { weight: 0 })]]) }],
    ]);
    await program.reconciler.audit();
    assert.deepEqual(program.kind.needsPolling(), []);
    assert.deepEqual(program.weights, [`${old} 0`]);
  });
});

describe('after a restart of the program', () => {
  it('a real server that drains is known by its weight, and waited for', async () => {
    const before = await serving();
    await before.want(withoutOld);
    const program = await Program.start(before.kernel);
    program.table.setDesired(key, withoutOld);
    await program.reconciler.audit();
    assert.deepEqual(program.kind.needsPolling(), [key]);
    await program.look();
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    program.kernel.ipvs.endConnections();
    await program.look();
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('its time starts anew', async () => {
    const limited = changed(withoutOld, { drainTimeoutMs: 5000 });
    const before = await serving(changed(web, { drainTimeoutMs: 5000 }));
    await before.want(limited);
    await before.look(4000);
    const program = await Program.start(before.kernel);
    program.table.setDesired(key, limited);
    await program.reconciler.audit();
    await program.look(4999);
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    await program.look(1);
    assert.deepEqual(program.weights, [`${young} 1`]);
  });

  it('one that came back while no program ran gets its weight back', async () => {
    const before = await serving();
    await before.want(withoutOld);
    const program = await Program.start(before.kernel);
    program.table.setDesired(key, web);
    await program.reconciler.audit();
    assert.deepEqual(program.weights, [`${old} 1`, `${young} 1`]);
    assert.deepEqual(program.kind.needsPolling(), []);
  });

  it('one that is no longer wanted since then drains from now on', async () => {
    const before = await serving();
    const program = await Program.start(before.kernel);
    program.table.setDesired(key, withoutOld);
    await program.reconciler.audit();
    assert.deepEqual(program.weights, [`${old} 0`, `${young} 1`]);
    assert.deepEqual(program.kind.needsPolling(), [key]);
  });

  it('nothing that is right is touched', async () => {
    const before = await serving();
    before.kernel.log.length = 0;
    const program = await Program.start(before.kernel);
    program.table.setDesired(key, web);
    await program.reconciler.audit();
    assert.deepEqual(before.kernel.log, []);
  });
});

describe('a virtual server of somebody else that is taken over', () => {
  it('keeps the connections of its real servers, and drains those that are not wanted', async () => {
    const program = await Program.start();
    const foreign = heldAs(web, { owned: false });
    const theirs = new Map([
      [old, realServer('10.244.1.1', { weight: 5 })],
      [young, realServer('10.244.1.2')],
    ]);
    putRows(program.kernel, [[key, { ...foreign, realServers: theirs }]]);
    program.kernel.ipvs.setConnections(key, old, 1);
    program.table.setDesired(key, withoutOld);
    await program.reconciler.audit();
    assert.deepEqual(program.kernel.log, [
      `change virtual server ${key} (scheduler rr)`,
      `change real server ${old} of ${key} (weight 0)`,
    ]);
    program.kernel.ipvs.endConnections();
    await program.look();
    assert.deepEqual(program.weights, [`${young} 1`]);
  });
});
