import type { SummedConnections } from '../../kernel/ipvs/listed-real-servers.ts';
import type { Statistics } from '../../kernel/ipvs/model.ts';

/**
 * What was counted of a Service, or of a real server of one, since this program began to read: it never
 * goes down, whichever of its virtual servers go. A sum of what the kernel shows would, and Prometheus
 * takes a counter that went down for one that began at zero: it would count all the others again.
 */
export class Tally {
  connections = 0;
  packetsIn = 0;
  packetsOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  activeConnections = 0;
  inactiveConnections = 0;
  /** The number of the reading that it was seen in last. */
  reading = 0;

  /** Seen in a reading: connections are those of this one alone. */
  see(reading: number): void {
    if (this.reading !== reading) {
      this.reading = reading;
      this.activeConnections = 0;
      this.inactiveConnections = 0;
    }
  }

  add(counted: Statistics): void {
    this.connections += counted.connections;
    this.packetsIn += counted.packetsIn;
    this.packetsOut += counted.packetsOut;
    this.bytesIn += counted.bytesIn;
    this.bytesOut += counted.bytesOut;
  }

  addConnections({ active, inactive }: SummedConnections): void {
    this.activeConnections += active;
    this.inactiveConnections += inactive;
  }
}
