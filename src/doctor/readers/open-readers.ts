import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { ipFamilies } from '../../kernel/ip-families.ts';
import type { RunProgram } from '../../kernel/packet-filter/iptables/iptables.ts';
import { askServer } from '../../kernel/takeover/ask-server.ts';
import { readProcesses } from '../../kernel/takeover/processes.ts';
import type { ApiReader, ClusterReading, ConfigurationReading, NodeReaders } from '../readers.ts';
import { exists, namesIn, isInstalled, maySetSysctl, readSysctl, readText } from './files.ts';
import { kernelReaders } from './kernel-reader.ts';
import { parseModules, stateOfModule } from './modules.ts';
import { once, onceEach } from './once.ts';

/** What does not come from the node itself. */
export interface GivenReadings {
  readonly settings: Settings;
  readonly configuration: ConfigurationReading;
  readonly api: ApiReader;
  readonly cluster: () => Promise<ClusterReading>;
  /** What starts the programs of iptables. */
  readonly run?: RunProgram;
}

/** All that can be read of this node. Nothing is read yet, and each thing is read once. */
export function openReaders(given: GivenReadings): NodeReaders {
  const { settings, configuration, api } = given;
  const kernelRelease = release();
  const families = ipFamilies();
  const modules = once(async () => {
    const folder = join('/lib/modules', kernelRelease);
    return parseModules({
      loaded: await readText('/proc/modules'),
      builtIn: await readText(join(folder, 'modules.builtin')),
      dependencies: await readText(join(folder, 'modules.dep')),
      configuration: await modprobeTexts(),
    });
  });
  const module = async (name: string) => stateOfModule(await modules(), name);
  const { healthzBindAddress, metricsBindAddress } = settings;
  const served = {
    health: onceEach((path) => askServer(healthzBindAddress, path)),
    metrics: onceEach((path) => askServer(metricsBindAddress, path)),
  };
  return {
    machine: { release: kernelRelease, cores: cpus().length },
    settings,
    configuration,
    families,
    file: readText,
    exists,
    sysctl: readSysctl,
    maySet: maySetSysctl,
    module,
    program: isInstalled,
    ...kernelReaders(families, module, given.run),
    processes: once(readProcesses),
    cluster: once(given.cluster),
    api,
    served: (endpoint, path) => served[endpoint](path),
  };
}

/** As modprobe.d(5) has them. */
const modprobeFolders = [
  '/etc/modprobe.d',
  '/run/modprobe.d',
  '/usr/local/lib/modprobe.d',
  '/usr/lib/modprobe.d',
  '/lib/modprobe.d',
];

async function modprobeTexts(): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const folder of modprobeFolders) {
    for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.conf'))) {
      texts.push((await readText(join(folder, name))) ?? '');
    }
  }
  return texts;
}
