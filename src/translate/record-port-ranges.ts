import { commonPorts, withoutPorts, type PortRange } from '../net/port-range.ts';
import type { Protocol } from '../net/protocol.ts';
import type { DecisionRecorder, PortRangeFate } from './decisions.ts';
import type { Vip } from './front-ends.ts';
import type { NodeFacts } from './node-facts.ts';

/** What is requested of a protocol at an address. */
export interface PortRequest {
  readonly protocol: Protocol;
  readonly wanted: readonly PortRange[];
  /** The ports that have virtual servers of their own. */
  readonly taken: readonly PortRange[];
  /** Those of the spec that have none where they are among the ranges. */
  readonly across: readonly PortRange[];
}

/** What was decided about the port ranges of a Service. */
export interface DecidedPortRanges {
  readonly requestsAt: (vip: Vip) => readonly PortRequest[];
  /** Undefined where none is free. */
  readonly markOf: (vip: Vip) => number | undefined;
}

const served: PortRangeFate = { kind: 'served' };
const addressOfNode: PortRangeFate = { kind: 'address of the node' };
const ordinary: PortRangeFate = { kind: 'ordinary ports', service: undefined };
const noFreeMark: PortRangeFate = { kind: 'no free mark' };

/** Tells a recorder what becomes of the port ranges of a Service at each of its addresses. */
export function recordPortRanges(
  recorder: DecisionRecorder,
  vips: readonly Vip[],
  { nodeAddresses }: Pick<NodeFacts, 'nodeAddresses'>,
  { requestsAt, markOf }: DecidedPortRanges,
): void {
  for (const vip of vips) {
    const { kind, address } = vip;
    const isOfNode = nodeAddresses.has(address.text);
    const mark = isOfNode ? undefined : markOf(vip);
    const fate = isOfNode ? addressOfNode : mark === undefined ? noFreeMark : served;
    for (const { protocol, wanted, taken, across } of requestsAt(vip)) {
      const record = (ports: readonly PortRange[], of: PortRangeFate): void => {
        if (ports.length > 0) {
          recorder.record({ about: 'port range', kind, address, protocol, ports, mark, fate: of });
        }
      };
      const ordinaryHere = fate === served ? taken : [...taken, ...across];
      record(withoutPorts(wanted, ordinaryHere), fate);
      record(commonPorts(wanted, taken), ordinary);
    }
  }
}
