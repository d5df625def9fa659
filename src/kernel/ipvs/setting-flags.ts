import type { VirtualServerSettings } from './model.ts';

/** A setting that is on or off. */
export type Switch = {
  [Key in keyof VirtualServerSettings]: VirtualServerSettings[Key] extends boolean ? Key : never;
}[keyof VirtualServerSettings];

/** The bit of each setting that is on or off, in the flags of a virtual server. */
const bitOf: Readonly<Record<Switch, number>> = {
  /** IP_VS_SVC_F_ONEPACKET */
  onePacket: 0x4,
  /**
   * Ours. The kernel keeps flags that it does not know, for as long as the virtual server
   * lives, and gives them back: so each virtual server says itself who made it, and no
   * state file can be lost. Ours are high bits, since the kernel counts its own from below
   * (bit 5 was its last for fifteen years).
   */
  owned: 0x4000_0000,
  /** Ours too. */
  limited: 0x2000_0000,
};

// Object.keys gives strings; these are the switches alone.
const switches = Object.keys(bitOf) as Switch[];

/** The flags of the settings that are on. */
export function flagsOfSwitches(settings: VirtualServerSettings): number {
  return switches.reduce((flags, name) => (settings[name] ? flags | bitOf[name] : flags), 0);
}

/** The settings that are on or off, by the flags that the kernel has. */
export function switchesOfFlags(flags: number): Pick<VirtualServerSettings, Switch> {
  // Each switch has a bit.
  return Object.fromEntries(switches.map((name) => [name, (flags & bitOf[name]) !== 0])) as Record<
    Switch,
    boolean
  >;
}
