import { switchesOfFlags, type Switch } from '../../src/kernel/ipvs/setting-flags.ts';
import {
  formatRealServer,
  type Persistence,
  type RealServer,
  type VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';
import type { DesiredFrontEnd } from '../../src/translate/desired.ts';
import { ip } from './cluster-objects.ts';
import { frontEnd } from './rows.ts';

/** For each field of a model the value that is wanted, and another one that somebody set. */
type Samples<Model, Identity extends keyof Model = never> = {
  readonly [Field in Exclude<keyof Model, Identity>]-?: readonly [
    wanted: Model[Field],
    drifted: Model[Field],
  ];
};

/** The fields of the models with two values each: a field without them does not compile. */
const persistence: Samples<Persistence> = {
  timeoutSeconds: [600, 601],
  prefixLength: [32, 24],
};
const wantedPersistence: Persistence = wantedOf<Persistence>(persistence);

/** Each that is on or off, by itself: nearly all are off. */
const switches = Object.fromEntries(
  Object.keys(switchesOfFlags(0)).map((name) => [name, [false, true]]),
) as unknown as Samples<Pick<VirtualServerSettings, Switch>>; // a pair for each name

const settings: Samples<VirtualServerSettings> = {
  ...switches,
  scheduler: ['mh', 'wlc'],
  persistence: [wantedPersistence, undefined],
  schedulerFlags: [3, 1],
  // Without it the audit does not see the thresholds.
  limited: [true, false],
  owned: [true, false],
};

const realServer: Samples<RealServer, 'address' | 'port'> = {
  method: ['masq', 'route'],
  weight: [1, 7],
  upperThreshold: [200, 300],
  lowerThreshold: [150, 50],
};

export const wantedSettings: VirtualServerSettings = wantedOf<VirtualServerSettings>(settings);
export const wantedRealServer: RealServer = {
  address: ip('10.244.1.1'),
  port: 8080,
  ...wantedOf<RealServer, 'address' | 'port'>(realServer),
};
export const realServerKey = formatRealServer(wantedRealServer);

/** The desired row whose settings and real server are the wanted ones. */
export const wantedRow: DesiredFrontEnd = frontEnd({
  ...wantedSettings,
  realServers: new Map([[realServerKey, wantedRealServer]]),
});

/** The wanted settings but for one field, by the name of that. */
export const driftedSettings: readonly (readonly [string, VirtualServerSettings])[] = [
  ...driftedOf(wantedSettings, settings),
  ...driftedOf(wantedPersistence, persistence).map(
    ([field, drifted]) =>
      [`persistence.${field}`, { ...wantedSettings, persistence: drifted }] as const,
  ),
];

/** The wanted real server but for one field. */
export const driftedRealServers = driftedOf(wantedRealServer, realServer);

function wantedOf<Model, Identity extends keyof Model = never>(
  samples: Samples<Model, Identity>,
): Omit<Model, Identity> {
  // Each field of the model has a sample of its type.
  return Object.fromEntries(entriesOf(samples).map(([field, [wanted]]) => [field, wanted])) as Omit<
    Model,
    Identity
  >;
}

function driftedOf<Model extends object>(
  wanted: Model,
  samples: object,
): readonly (readonly [string, Model])[] {
  return entriesOf(samples).map(([field, [, drifted]]) => [field, { ...wanted, [field]: drifted }]);
}

function entriesOf(samples: object): [string, readonly [unknown, unknown]][] {
  // What `Samples` says of the values, whatever the model.
  return Object.entries(samples) as [string, readonly [unknown, unknown]][];
}
