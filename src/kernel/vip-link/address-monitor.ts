import { LineMonitor, type MonitorListener } from '../line-monitor.ts';

export type { MonitorListener } from '../line-monitor.ts';

/** The kernel's notifications of links and addresses: each line of `ip -o monitor` (iproute2). */
export class AddressMonitor extends LineMonitor {
  constructor(listener: MonitorListener, program = 'ip', restartMs?: number) {
    const monitor = {
      command: program,
      args: ['-o', 'monitor', 'link', 'address'],
      name: `"${program} monitor" (iproute2)`,
      without: "changes of the node's addresses are seen in the audit only",
    };
    super(listener, monitor, restartMs);
  }
}
