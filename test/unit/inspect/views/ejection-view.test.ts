import assert from 'node:assert/strict';
import { ejectionState } from '../../../../src/inspect/views/ejection-view.ts';
import type {
  EjectionKnowledge,
  KernelKnowledge,
} from '../../../../src/inspect/views/knowledge.ts';
import { realServerViews } from '../../../../src/inspect/views/real-server-view.ts';
import type { EjectedAs, Outliers } from '../../../../src/outliers/outliers.ts';
import type { DesiredFrontEnd } from '../../../../src/translate/desired.ts';
import { endpoint, service, slice } from '../../../support/cluster-objects.ts';
import { InspectWorld } from '../../../support/inspect-world.ts';
import { place } from '../../../support/place.ts';
import { translate } from '../../../support/translation.ts';

const a = '10.244.1.1:8080';
const pods = [slice(['10.244.1.1', '10.244.1.2'].map((at) => endpoint(at)))];
const asking = service({ annotations: new Map([['kube-ipvs.io/outlier-ejection', 'true']]) });

function frontEnd(as?: EjectedAs): DesiredFrontEnd | undefined {
  const outliers: Outliers = {
    ejected: as === undefined ? new Map() : new Map([[a, as]]),
    failing: new Map([[a, 'no answer']]),
  };
  return translate(asking, pods, place({ outliersOf: () => outliers })).virtualServers[0];
}

function knowing(known: EjectionKnowledge | undefined): KernelKnowledge {
  return {
    ...new InspectWorld().kernel,
    ejection: (_group, key) => (key === a ? known : undefined),
  };
}

const ejected = knowing({ failing: 'no answer', forMs: 4000, leftMs: 6000 });
const onTrial = knowing({ failing: 'refused', forMs: undefined, leftMs: undefined });

describe('the state of a real server that fails', () => {
  it('is ejected, since when, and until when', () => {
    assert.deepEqual(ejectionState(frontEnd('keeps its connections'), a, ejected), {
      kind: 'ejected',
      why: 'does not answer new connections',
      since: '2026-03-01T11:59:56.000Z',
      until: '2026-03-01T12:00:06.000Z',
    });
  });

  it('says that connections are reset, of one that is deleted for it', () => {
    const [view] = realServerViews({
      key: 'TCP 10.96.0.1:80',
      desired: frontEnd('connections are reset'),
      held: [],
      refusal: undefined,
      owned: true,
      decisions: [],
      kernel: ejected,
      thisNode: 'node-a',
    }).filter(({ address }) => address === a);
    assert.equal(view?.state.kind, 'ejected');
    assert.match(view.state.why, /connections are reset/);
  });

  it('is active and on trial when it has its weight back', () => {
    assert.deepEqual(ejectionState(frontEnd(), a, onTrial), {
      kind: 'active',
      why: 'on trial: refuses new connections',
    });
  });

  it('is nothing of its own where nothing is known against it, or nobody ejects it', () => {
    assert.equal(ejectionState(frontEnd(), a, knowing(undefined)), undefined);
    assert.equal(ejectionState(translate(service({})).virtualServers[0], a, ejected), undefined);
  });
});
