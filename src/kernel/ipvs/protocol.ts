/**
 * The numbers of the generic netlink family "IPVS", version 1
 * (include/uapi/linux/ip_vs.h). Names of the kernel: service and destination; ours:
 * virtual server and real server.
 */

export const familyName = 'IPVS';
export const familyVersion = 1;

export const command = {
  newService: 1,
  setService: 2,
  deleteService: 3,
  getService: 4,
  newDestination: 5,
  setDestination: 6,
  deleteDestination: 7,
  getDestination: 8,
  setConfig: 12,
  getConfig: 13,
  getInfo: 15,
  zero: 16,
  flush: 17,
} as const;

export const commandAttribute = {
  service: 1,
  destination: 2,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

export const serviceAttribute = {
  addressFamily: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  statistics: 10,
  statistics64: 12,
} as const;

export const destinationAttribute = {
  address: 1,
  port: 2,
  forwardingMethod: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConnections: 7,
  inactiveConnections: 8,
  persistentConnections: 9,
  statistics: 10,
  addressFamily: 11,
  statistics64: 12,
} as const;

/** Each is a u64 of the 64-bit statistics. */
export const statisticsAttribute = {
  connections: 1,
  packetsIn: 2,
  packetsOut: 3,
  bytesIn: 4,
  bytesOut: 5,
} as const;

export const infoAttribute = { version: 1, connectionTableSize: 2 } as const;

/** Those of settings that are on or off are in `setting-flags.ts`. */
export const serviceFlag = {
  persistent: 0x1,
  /** Set by the kernel; read only. */
  hashed: 0x2,
  /** Bits 3 to 5 mean what the scheduler makes of them. */
  schedulerShift: 3,
  schedulerMask: 0x38,
} as const;

/** Every bit of a flags attribute is meant. */
export const allFlags = 0xffff_ffff;

/** The forwarding methods by their number (IP_VS_CONN_F_*). */
export const forwardingMethods = ['masq', 'local', 'tunnel', 'route', 'bypass'] as const;

/** The bits of the forwarding attribute that hold the method. */
export const forwardingMethodMask = 0x7;

/** An address attribute is as long as an IPv6 address in both families. */
export const addressAttributeLength = 16;
