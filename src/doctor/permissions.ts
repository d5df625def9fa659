import type { Permission } from './readers.ts';

/** What goes without a permission. */
export interface NeededPermission extends Permission {
  readonly without: 'nothing is served' | 'less is known';
}

/** Every permission that config/base/cluster-role.yaml gives; a test compares them. */
export const neededPermissions: readonly NeededPermission[] = [
  ...(['list', 'watch'] as const).flatMap((verb): NeededPermission[] => [
    { group: '', resource: 'services', verb, without: 'nothing is served' },
    { group: 'discovery.k8s.io', resource: 'endpointslices', verb, without: 'nothing is served' },
  ]),
  ...(['get', 'list', 'watch'] as const).map((verb): NeededPermission => ({
    group: '',
    resource: 'nodes',
    verb,
    without: 'less is known',
  })),
  { group: 'events.k8s.io', resource: 'events', verb: 'create', without: 'less is known' },
];
