import { fallbackScheduler, schedulers as allSchedulers } from '../../kernel/ipvs/schedulers.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { installModules, isLacking, mendModules } from '../install-modules.ts';
import type { ModuleState } from '../readers.ts';

const kinds = kindsOf({
  'default-missing': {
    severity: 'error',
    means:
      'The kernel has no module for the scheduler that Services get where they choose none, or where the one that they chose is missing: they cannot be served.',
    mend: installModules,
  },
  'wanted-missing': {
    severity: 'warning',
    means:
      'The kernel has no module for a scheduler that is asked for: those Services run with the default scheduler instead (Event SchedulerMissing on the Node). Install the module, or choose another scheduler.',
    mend: installModules,
  },
  'others-missing': {
    severity: 'note',
    means: 'Nobody asks for these schedulers now; a Service that did would get the default one.',
  },
  'not-told': {
    severity: 'note',
    means:
      'IPVS itself is missing, or /lib/modules is not to be seen here: which schedulers the kernel can load is not known. Ask on the node itself.',
    mend: 'ls /lib/modules/$(uname -r)/kernel/net/netfilter/ipvs',
  },
});

interface Seen {
  /** Of IPVS itself. */
  readonly ipvs: ModuleState;
  readonly states: ReadonlyMap<string, ModuleState>;
  /** The default of the configuration. */
  readonly byDefault: string;
  /** Who asks for each scheduler. */
  readonly wantedBy: ReadonlyMap<string, string>;
}

/** A module for each scheduler. */
export const schedulers = defineCheck<Seen>({
  name: 'schedulers',
  title: 'Modules of schedulers',
  looksAt:
    'The module of each scheduler: of the one in the configuration, of those that Services choose, and of all others.',
  kinds,
  look: async (readers) => {
    const cluster = await readers.cluster();
    const states = new Map<string, ModuleState>();
    for (const name of allSchedulers) {
      states.set(name, await readers.module(`ip_vs_${name}`));
    }
    return {
      ipvs: await readers.module('ip_vs'),
      states,
      byDefault: readers.settings.translation.scheduler,
      wantedBy: cluster.kind === 'read' ? cluster.schedulers : new Map<string, string>(),
    };
  },
  judge: ({ ipvs, states, byDefault, wantedBy }) => {
    const missing = [...states].filter(([, state]) => isLacking(state)).map(([name]) => name);
    if ([...states.values()].every((state) => state === 'unknown') || isLacking(ipvs)) {
      return [found(kinds['not-told'], 'no module of a scheduler is to be seen')];
    }
    const needed = new Set<string>([byDefault, fallbackScheduler]);
    const findings = missing
      .filter((name) => needed.has(name) || wantedBy.has(name))
      .map((name): Finding => {
        const service = wantedBy.get(name);
        const whose = service === undefined ? 'the configuration' : `Service ${service}`;
        const state = states.get(name) ?? 'unknown';
        const by = name === byDefault ? 'the configuration' : whose;
        const command = mendModules([`ip_vs_${name}`], new Map([[`ip_vs_${name}`, state]]));
        return name === fallbackScheduler
          ? found(kinds['default-missing'], `the module ip_vs_${name} is ${state}`, command)
          : found(
              kinds['wanted-missing'],
              `the module ip_vs_${name}, which ${by} asks for, is ${state}`,
              command,
            );
      });
    const others = missing.filter((name) => !needed.has(name) && !wantedBy.has(name));
    const available = states.size - missing.length;
    return [
      ...findings,
      ...(others.length === 0
        ? []
        : [found(kinds['others-missing'], `no modules for ${others.join(', ')}`)]),
      ...(findings.length + others.length === 0
        ? orFine([], `all ${available} schedulers are there`)
        : []),
    ];
  },
});
