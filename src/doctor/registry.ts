import type { Check } from './check.ts';
import { apiPermissions } from './checks/api-permissions.ts';
import { apiServer } from './checks/api-server.ts';
import { capabilities } from './checks/capabilities.ts';
import { clock } from './checks/clock.ts';
import { configuration } from './checks/configuration.ts';
import { conntrack } from './checks/conntrack.ts';
import { daemon } from './checks/daemon.ts';
import { foreignVirtualServers } from './checks/foreign-virtual-servers.ts';
import { kernel } from './checks/kernel.ts';
import { kubeProxy } from './checks/kube-proxy.ts';
import { leftovers } from './checks/leftovers.ts';
import { mtu } from './checks/mtu.ts';
import { packetFilter } from './checks/packet-filter.ts';
import { rpFilter } from './checks/rp-filter.ts';
import { schedulers } from './checks/schedulers.ts';
import { services } from './checks/services.ts';
import { sharedAddresses } from './checks/shared-addresses.ts';
import { strictArp } from './checks/strict-arp.ts';
import { sysctls } from './checks/sysctls.ts';

/** All checks, in the order in which they are made, shown and documented. */
export const checks: readonly Check[] = [
  kernel,
  schedulers,
  packetFilter,
  capabilities,
  sysctls,
  configuration,
  apiServer,
  apiPermissions,
  kubeProxy,
  leftovers,
  foreignVirtualServers,
  daemon,
  services,
  sharedAddresses,
  strictArp,
  rpFilter,
  conntrack,
  mtu,
  clock,
];
