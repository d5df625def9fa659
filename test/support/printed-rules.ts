// User Mode Linux has no NAT for nf_tables.
const isUml = process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml';
const variants = isUml ? ['legacy'] : ['nft', 'legacy'];
const programs = variants.flatMap((variant) => [`iptables-${variant}`, `ip6tables-${variant}`]);

/** Lines of a shell that print the rules of both variants of iptables, and the names of all tables of nftables. */
export const printRules = `
  for program in ${programs.join(' ')}; do echo "== $program"; $program-save; done
  ${isUml ? '' : 'nft list tables'}`;

/**
 * Of what these print: every chain and rule with its program and table, word for word but for the counters, and the
 * other tables by name. Tables that hold nothing are left out: they stay once somebody has used them.
 */
export function rulesIn(printed: string): string {
  let place = ['', ''];
  return printed
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('==') || line.startsWith('*')) {
        place = line.startsWith('==') ? [line, ''] : [place[0] ?? '', line];
      }
      const isRule = /^(-|:\S+ - )/.test(line);
      const isTable = /^table (?!ip6? (mangle|nat|filter|security)$)/.test(line);
      return isRule || isTable
        ? [`${isRule ? place.join(' ') : ''} ${line.replace(/ \[\d+:\d+\]$/, '')}`]
        : [];
    })
    .join('\n');
}

/** Without what kube-ipvs has made. */
export function ofOthers(rules: string): string {
  return rules
    .split('\n')
    .filter((line) => !/KIPVS-|table inet kube-ipvs/.test(line))
    .join('\n');
}
