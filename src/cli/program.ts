import { Command, InvalidArgumentError, Option } from 'commander';
import { asError } from '../base/as-error.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { logLevelOf } from '../config/verbosity.ts';
import { logFormats, logLevels } from '../base/log.ts';
import { addKubeProxyOptions, givenFlags, verbosityOption } from './kube-proxy-options.ts';
import { outputFormats, showFormats } from './options.ts';
import { parseAddress, parseServiceName } from './show/filter.ts';

type CommandName = 'run' | 'plan' | 'show' | 'explain' | 'doctor' | 'cleanup';

/** What a command does; the options are those that its definition below declares. */
export type Action = (command: CommandName, options: object) => void;

/** In the order of the help. */
const commands: Readonly<Record<CommandName, (program: Command, action: Action) => Command>> = {
  run: addRun,
  plan: addPlan,
  show: addShow,
  explain: addExplain,
  doctor: addDoctor,
  cleanup: addCleanup,
};

const exitCodes = `
Exit codes:
  0  done; with --once: the kernel equals the cluster
  1  failed; the reasons are on standard error; doctor: something is wrong
  2  the command line or the configuration is wrong
  3  IPVS is missing in the kernel, or may not be used`;

/**
 * The command line, without what stands behind it. Where `only` is the name of a command, the others
 * are left out: to declare them is a part of each start.
 */
export function createProgram(version: string, action: Action, only?: string): Command {
  const program = new Command('kube-ipvs')
    .description(
      'Keeps IPVS mode alive for Kubernetes: maps Services to IPVS virtual servers and their endpoints to real servers.',
    )
    .version(version)
    .showHelpAfterError('(--help shows the options)')
    .addHelpText('after', exitCodes);
  const wanted = Object.entries(commands).filter(([name]) => name === only);
  for (const [, add] of wanted.length === 0 ? Object.entries(commands) : wanted) {
    addKubeProxyOptions(add(program, action));
  }
  return program;
}

function addRun(program: Command, action: Action): Command {
  return clusterCommand(
    program,
    'run',
    'keep the kernel equal to the cluster, until SIGTERM or SIGINT',
  )
    .option('--once', 'program everything once and exit', false)
    .addOption(timeoutOption('with --once: how long to wait for the cluster'))
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs run --config /etc/kube-proxy/config.conf', 'in a Pod, as a DaemonSet does'],
        ['kube-ipvs run --manifests ./cluster --node-name node-a', 'from files, no API server'],
        ['kube-ipvs run --manifests ./cluster --once', 'once; 0 says that the kernel is right'],
      ),
    )
    .action((options: Parsed, command: Command) => {
      action('run', completed(options, command));
    });
}

function addPlan(program: Command, action: Action): Command {
  return clusterCommand(program, 'plan', 'show what the cluster would become; touches nothing')
    .addOption(outputOption())
    .addOption(timeoutOption('how long to wait for the cluster'))
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs plan --manifests ./cluster', 'the tables, and what would be done'],
        ['kube-ipvs plan --kubeconfig ~/.kube/config -o json', 'the same for a program'],
      ),
    )
    .action((options: Parsed, command: Command) => {
      action('plan', completed(options, command));
    });
}

function addDoctor(program: Command, action: Action): Command {
  return clusterCommand(
    program,
    'doctor',
    'check this node, before and after installing; changes nothing',
  )
    .addOption(outputOption())
    .addOption(timeoutOption('how long to wait for the cluster', 10_000, '10s'))
    .option('--strict', 'exit with 1 for a warning, too', false)
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs doctor --config /etc/kube-proxy/config.conf', 'on the node, as root'],
        ['kube-ipvs doctor --manifests ./cluster --strict -o json', 'for a script'],
      ),
    )
    .action((options: Parsed, command: Command) => {
      action('doctor', completed(options, command));
    });
}

function addExplain(program: Command, action: Action): Command {
  return clusterCommand(
    program,
    'explain',
    'say what becomes of a Service or a packet on this node, and why; touches nothing',
  )
    .argument('[service]', 'namespace/name, or namespace/name:port')
    .option('--from <sender>', 'who sends: node, pod, outside or an IP address (--to: "node")')
    .option('--to <destination>', 'where to: address:port, or address:port/protocol')
    .addOption(outputOption())
    .addOption(timeoutOption('how long to wait for the cluster'))
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs explain default/web', 'all front ends of a Service, and its endpoints'],
        ['kube-ipvs explain --from 10.244.1.5 --to 10.96.0.10:53/udp', 'the way of a packet'],
        ['kube-ipvs explain --from 203.0.113.9 --to 192.0.2.10:30080', 'to a node port'],
      ),
    )
    .action((service: string | undefined, options: Parsed, command: Command) => {
      action('explain', {
        ...completed(options, command),
        ...(service === undefined ? {} : { service }),
      });
    });
}

function addCleanup(program: Command, action: Action): Command {
  return withLog(program.command('cleanup'))
    .description('remove from the kernel what kube-ipvs has made, and nothing else')
    .option('--config <file>', 'the KubeProxyConfiguration that it ran with')
    .addOption(
      new Option(
        '--packet-filter',
        'only the rules, for a kube-proxy that has taken over; virtual servers and addresses stay',
      )
        .default(false)
        .conflicts('kubeProxy'),
    )
    .option(
      '--kube-proxy',
      'instead, remove what a kube-proxy, in whichever mode, has left and kube-ipvs has not taken over',
      false,
    )
    .option('--dry-run', 'only say what would be removed', false)
    .option('--force', 'with these two: whoever runs on this node', false)
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs cleanup --dry-run', 'look first'],
        ['kube-ipvs cleanup --kube-proxy', 'once kube-proxy is gone and kube-ipvs has synced'],
        ['kube-ipvs cleanup --packet-filter', 'once kube-ipvs is gone and kube-proxy has synced'],
      ),
    )
    .action((options: Parsed, command: Command) => {
      action('cleanup', completed(options, command));
    });
}

function addShow(program: Command, action: Action): Command {
  return clusterCommand(
    program,
    'show',
    'show the virtual servers of this node with their Services',
  )
    .argument('[service]', 'this Service alone: default/web, or web', orInvalid(parseServiceName))
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(showFormats).default('table'),
    )
    .option('-n, --namespace <name>', 'the Services of this namespace alone')
    .addOption(
      new Option('--address <address>', 'what has this VIP, node address or endpoint').argParser(
        orInvalid(parseAddress),
      ),
    )
    .option('--problems', 'what has a problem alone', false)
    .option('--watch', 'show it again and again; on a terminal as a page to scroll', false)
    .addOption(durationOption('--interval <duration>', 'with --watch: how often', 2000, '2s'))
    .option('--no-daemon', 'read kernel and cluster here, and do not ask the running daemon')
    .addOption(timeoutOption('how long to wait for the names of the Services'))
    .addHelpText(
      'after',
      examples(
        ['kube-ipvs show', 'all of it, as the running daemon knows it'],
        ['kube-ipvs show default/web -o wide', 'one Service, with rates and all that is counted'],
        ['kube-ipvs show --problems --watch', 'what is wrong, as long as it is'],
        ['kube-ipvs show --manifests ./cluster -o json', 'names from files where no daemon runs'],
      ),
    )
    .action((service: string | undefined, options: Parsed, command: Command) => {
      action(
        'show',
        completed({ ...options, ...(service === undefined ? {} : { service }) }, command),
      );
    });
}

function clusterCommand(program: Command, name: string, description: string): Command {
  const command = withLog(program.command(name))
    .description(description)
    .option('--config <file>', 'a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)')
    .addOption(
      new Option(
        '--manifests <folder>',
        'read Services, EndpointSlices and the Node from YAML files instead of an API server',
      ).conflicts('kubeconfig'),
    )
    .option('--kubeconfig <file>', 'the API server and its credentials; in a Pod those of the Pod')
    .option('--node-name <name>', 'the name of this Node; by default the host name');
  return command;
}

function withLog(command: Command): Command {
  return command
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: "info")').choices(logLevels),
    )
    .addOption(
      new Option('--log-format <format>', 'auto: pretty on a terminal, else json')
        .choices(logFormats)
        .default('auto'),
    )
    .addOption(verbosityOption());
}

/** The options of a command as commander leaves them. */
type Parsed = Readonly<Record<string, unknown>>;

/** The log level as it was said in one way or the other, and kube-proxy's flags by their names. */
function completed(options: Parsed, { options: declared }: Command): object {
  const { v: verbosity, logLevel } = options;
  const given = logLevel ?? (typeof verbosity === 'number' ? logLevelOf(verbosity) : undefined);
  const kubeProxyFlags = givenFlags(options, declared);
  return {
    ...options,
    logLevel: given ?? 'info',
    ...(given === undefined ? {} : { logLevelGiven: true }),
    ...(kubeProxyFlags.size === 0 ? {} : { kubeProxyFlags }),
  };
}

function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print')
    .choices(outputFormats)
    .default('table');
}

/** An argument that a parser refuses is told with the parser's own words. */
function orInvalid<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(asError(error).message);
    }
  };
}

function timeoutOption(description: string, defaultMs = 30_000, defaultText = '30s'): Option {
  return durationOption('--timeout <duration>', description, defaultMs, defaultText);
}

function durationOption(
  flags: string,
  description: string,
  byDefault: number,
  name: string,
): Option {
  return new Option(flags, description)
    .argParser((text) => {
      const ms = parseGoDuration(text);
      if (ms === undefined || ms === 0) {
        throw new InvalidArgumentError('It must be a duration such as 30s or 1m30s.');
      }
      return ms;
    })
    .default(byDefault, name);
}

function examples(...lines: readonly (readonly [string, string])[]): string {
  return `\nExamples:\n${lines.map(([command, meaning]) => `  $ ${command}\n      ${meaning}`).join('\n')}`;
}
