import type {
  RealServer,
  VirtualServerId,
  VirtualServerSettings,
} from '../../src/kernel/ipvs/model.ts';
import { switchesOfFlags } from '../../src/kernel/ipvs/setting-flags.ts';
import { IpAddress } from '../../src/net/ip-address.ts';

/** An address that the test spells right. */
export function ip(text: string): IpAddress {
  const address = IpAddress.parse(text);
  if (address === undefined) {
    throw new Error(`the test spells an address wrong: ${text}`);
  }
  return address;
}

export const plainSettings: VirtualServerSettings = {
  scheduler: 'rr',
  persistence: undefined,
  schedulerFlags: 0,
  ...switchesOfFlags(0),
};

export function virtualServer(
  address: string,
  port = 80,
  protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP',
): VirtualServerId {
  return { kind: 'address', protocol, address: ip(address), port };
}

export function realServer(address: string, fields: Partial<RealServer> = {}): RealServer {
  return {
    address: ip(address),
    port: 8080,
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    ...fields,
  };
}
