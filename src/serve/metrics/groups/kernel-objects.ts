import type { FoundationState } from '../../../reconcile/foundation-keeper.ts';
import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { countsOf, only, samplesBy } from '../samples.ts';

const foundationStates: readonly FoundationState[] = ['in place', 'waiting', 'impossible'];

/** What is to be said of objects in the kernel now. */
export interface KernelSource {
  /** The kind of each object that failed and has not succeeded since. */
  readonly failingKinds: Iterable<string>;
  /** All kinds of objects. */
  readonly kinds: readonly string[];
  readonly foundations: Iterable<readonly [name: string, state: FoundationState]>;
  /** Which packet filter is used: `nftables`. */
  readonly packetFilter: string;
  /** Real servers that get no new connections, and are deleted when their last one is over. */
  readonly draining: number;
  /** Virtual servers that somebody else has made, when the kernel was listed last. */
  readonly foreignVirtualServers: number;
}

export interface KernelMetrics {
  /** The kernel refused something, or did not answer. */
  failed(kind: string, errno: string): void;
  watch(source: KernelSource): void;
}

/** What the kernel refuses, and what there is in it besides what is desired. */
export function kernelMetrics(make: MetricRegistry): KernelMetrics {
  const kernel = new Late<KernelSource>();
  const errors = make.counter({
    name: 'kube_ipvs_kernel_errors_total',
    help: 'What the kernel refused or could not answer. What is refused counts when it begins, not when it is tried again; each list and each reading of counters that fails counts.',
    labels: {
      kind: 'the kind of object, `foundation`, `audit` for a list of the kernel, or `counters` for a reading of its counters',
      errno: "the errno's name, or `other`",
    },
  });
  make.gaugeOf(
    {
      name: 'kube_ipvs_failing_objects',
      help: 'Objects that the kernel does not hold as desired since it refused a change, by kind. They are tried again.',
      labels: { kind: 'the kind of object' },
    },
    () =>
      kernel.read(({ failingKinds, kinds }) => samplesBy('kind', countsOf(failingKinds, kinds))),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_foundation',
      help: '1 for the state that each foundation is in: what must be there before Services work, such as the chains of the packet filter.',
      labels: {
        foundation: 'its name, as in the log and at `/readyz`',
        state:
          '`in place`; `waiting` for something that passes, such as a lock or a missing program; `impossible` where this kernel lacks what it takes',
      },
    },
    () =>
      kernel.read(({ foundations }) =>
        Array.from(foundations).flatMap(([foundation, now]) =>
          foundationStates.map((state) => ({
            labels: { foundation, state },
            value: Number(state === now),
          })),
        ),
      ),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_packet_filter_info',
      help: 'Always 1: the label says which packet filter is used.',
      labels: { filter: '`nftables` or `iptables`' },
    },
    () => kernel.read(({ packetFilter }) => [{ labels: { filter: packetFilter }, value: 1 }]),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_draining_real_servers',
      help: 'Real servers that drain: they get no new connections, and are deleted when their last one is over.',
    },
    () => kernel.read(({ draining }) => only(draining)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_foreign_virtual_servers',
      help: 'Virtual servers in the kernel that somebody else has made; they are left alone.',
    },
    () => kernel.read(({ foreignVirtualServers }) => only(foreignVirtualServers)),
  );
  return {
    failed: (kind, errno) => {
      errors.inc({ kind, errno });
    },
    watch: (source) => {
      kernel.set(source);
    },
  };
}
