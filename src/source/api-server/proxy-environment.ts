import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY (in either case) name for a server,
 * by the rules of Go's net/http, which client-go follows; undefined for none. kubeadm
 * gives these variables to kube-proxy's DaemonSet.
 */
export function proxyFor(server: string, environment: Environment): string | undefined {
  const url = URL.parse(server);
  if (url === null) {
    return undefined;
  }
  const name = url.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const proxy = variable(environment, name);
  if (proxy === undefined || isExempt(url, variable(environment, 'NO_PROXY') ?? '')) {
    return undefined;
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name] ?? environment[name.toLowerCase()];
  return value === '' ? undefined : value;
}

function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  const rules = noProxy.split(',').map((rule) => rule.trim().toLowerCase());
  return isLoopback(host) || rules.some((rule) => rule !== '' && isMatch(rule, host, port));
}

function isMatch(rule: string, host: string, port: string): boolean {
  if (rule === '*' || isInSubnet(rule, host)) {
    return true;
  }
  const { name, rulePort } = splitPort(rule);
  if (rulePort !== undefined && rulePort !== port) {
    return false;
  }
  // `example.com` stands for its subdomains as well, `.example.com` for them alone.
  const domain = name.replace(/^\*\./, '.');
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain.replace(/^\./, '')}`));
}

/** `example.com:443`, `10.0.0.1:443`, `[::1]:443`; an IPv6 address alone has no port. */
function splitPort(rule: string): { name: string; rulePort: string | undefined } {
  const match = /^(?:\[(?<ip>[^\]]+)\]|(?<name>[^:]+)):(?<port>[0-9]+)$/.exec(rule);
  const name = match?.groups?.['ip'] ?? match?.groups?.['name'];
  return { name: name ?? rule.replace(/^\[|\]$/g, ''), rulePort: match?.groups?.['port'] };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || isInSubnet('127.0.0.0/8', host) || host === '::1';
}

function isInSubnet(rule: string, host: string): boolean {
  const [network = '', bits = '', ...rest] = rule.split('/');
  const family = isIP(network);
  const length = Number(bits);
  const longest = family === 4 ? 32 : 128;
  const isSubnet = family !== 0 && /^[0-9]+$/.test(bits) && rest.length === 0 && length <= longest;
  if (!isSubnet || isIP(host) !== family) {
    return false;
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const subnet = new BlockList();
  subnet.addSubnet(network, length, type);
  return subnet.check(host, type);
}
