/**
 * The layers of src/, from the top down. A module may import from the layers below its own and from its
 * own folder, never from above and never from a folder beside it:
 *
 *                      cli                      commands
 *                  app   doctor                 the daemon, and what composes it; checks of a node
 *           config   source   serve             settings; the cluster; health, metrics, Events, status page
 *                    inspect                    what an operator is shown: views of Services, explanations
 *                    desired                    desired tables
 *                   translate                   one Service -> what it wants
 *                   outliers                    which real servers fail, by what is counted of them
 *                     kernel                    IPVS, VIPs, packet filter, conntrack, sysctls, takeover
 *             cluster     reconcile             objects and their store; the loop, which knows no kernel object
 *                       net                     addresses, ranges, protocols
 *                      base                     small things without a subject of their own
 */
const layers = [
  ['cli'],
  ['app', 'doctor'],
  ['config', 'source', 'serve'],
  ['inspect'],
  ['desired'],
  ['translate'],
  ['outliers'],
  ['kernel'],
  ['cluster', 'reconcile'],
  ['net'],
  ['base'],
];

const pathOf = (folders) => `^src/(${folders.join('|')})/`;

/** For each folder: everything that stands above it or beside it. */
const noArrowUp = layers.flatMap((layer, level) =>
  layer.map((folder) => ({
    name: `${folder} imports nothing from above or beside it`,
    severity: 'error',
    from: { path: pathOf([folder]) },
    to: {
      path: pathOf([
        ...layers.slice(0, level).flat(),
        ...layer.filter((other) => other !== folder),
        'main',
      ]),
    },
  })),
);

/** In src/kernel/ each folder is one subject; what they share are netlink and these. */
const kernelFolders = [
  {
    name: 'netlink knows no object of the kernel',
    severity: 'error',
    from: { path: '^src/kernel/netlink/' },
    to: { path: '^src/kernel/(?!netlink/)' },
  },
  {
    name: 'chains, sets and rules are the matter of their packet filter alone',
    comment:
      'What takes over from kube-proxy reads the text of iptables, too; the doctor says what the rules need.',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot:
        '^src/(kernel/packet-filter/(iptables|nftables|open-packet-filter|decide-packet-filter|packet-filter-facts|what-is-there|rule-names|predecessor|give-way)|kernel/takeover|kernel/captured|app/kernel|doctor/|kernel/configuration|config/formats)',
    },
    to: { path: '^src/kernel/packet-filter/(iptables|nftables)/' },
  },
  {
    name: 'the packet filters do not know each other',
    severity: 'error',
    from: { path: '^src/kernel/packet-filter/(iptables|nftables)/' },
    to: {
      path: '^src/kernel/packet-filter/(iptables|nftables)/',
      pathNot: '^src/kernel/packet-filter/$1/',
    },
  },
];

export default {
  forbidden: [
    {
      name: 'no module imports itself by way of others',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src/ holds main.ts and folders',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/main\\.ts$' },
      to: {},
    },
    {
      name: 'src/ needs nothing of tests or tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|hack)/' },
    },
    ...noArrowUp,
    ...kernelFolders,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count as well: a layer that knows the types of another one depends on it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
