import assert from 'node:assert/strict';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import type { Operation, RealServer, VirtualServerSettings } from '../../src/kernel/ipvs/model.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { VirtualServerKind } from '../../src/kernel/ipvs/virtual-server-kind.ts';
import {
  driftedRealServers,
  driftedSettings,
  wantedRealServer,
  wantedRow,
  wantedSettings,
} from '../support/field-samples.ts';
import { emptyKernel } from '../support/kernel-state.ts';

const { id } = wantedRow.virtualServer;

/** What somebody does to the kernel beside us, by the field that it concerns. */
const drifts: readonly (readonly [string, Operation])[] = [
  ...driftedSettings.map(
    ([field, settings]) =>
      [`${field} of a virtual server`, { kind: 'change virtual server', id, settings }] as const,
  ),
  ...driftedRealServers.map(
    ([field, realServer]) =>
      [`${field} of a real server`, { kind: 'change real server', id, realServer }] as const,
  ),
];

/** Thresholds are not seen, and set anew, where the virtual server does not say that it is limited. */
function changesOfStart(drift: Operation): number {
  return 'settings' in drift && !drift.settings.limited ? 2 : 1;
}

interface Shown {
  readonly settings: VirtualServerSettings | undefined;
  readonly realServers: readonly RealServer[];
}

const wanted: Shown = { settings: wantedSettings, realServers: [wantedRealServer] };

describe('each field of a virtual server and of a real server, in the kernel', () => {
  let client: IpvsClient;

  before(async () => {
    await emptyKernel();
    client = await IpvsClient.connect();
  });
  afterEach(emptyKernel);
  after(() => {
    client.close();
  });

  /** A program that has just started, and knows nothing of the kernel. */
  function start(): Reconciler {
    const table = new KindTable(new VirtualServerKind<DesiredFrontEnd>(client));
    table.setDesired('TCP 10.96.0.1:80', wantedRow);
    const reconciler = new Reconciler([table]);
    reconciler.allowRemovals();
    return reconciler;
  }

  /** One that makes so many changes, all of which succeed. */
  async function audit(program: Reconciler, changes: number): Promise<void> {
    const { applied, failures } = await program.audit();
    assert.deepEqual({ applied, failures }, { applied: changes, failures: [] });
  }

  async function shown(): Promise<Shown> {
    return {
      settings: (await client.virtualServer(id))?.settings,
      realServers: (await client.realServers(id)).map(({ realServer }) => realServer),
    };
  }

  async function change(operation: Operation): Promise<void> {
    assert.deepEqual(await client.execute([operation]), [undefined]);
    assert.notDeepEqual(await shown(), wanted, 'it made no difference');
  }

  for (const [field, drift] of drifts) {
    it(`is as before after an audit where ${field} was changed`, async () => {
      const program = start();
      await audit(program, 2);
      assert.deepEqual(await shown(), wanted);
      await change(drift);
      await audit(program, 1);
      assert.deepEqual(await shown(), wanted);
    });

    it(`is as before after a restart where ${field} was changed meanwhile`, async () => {
      await start().audit();
      await change(drift);
      await audit(start(), changesOfStart(drift));
      assert.deepEqual(await shown(), wanted);
    });
  }

  it('is kept by a restart', async () => {
    await start().audit();
    await audit(start(), 0);
    assert.deepEqual(await shown(), wanted);
  });
});
