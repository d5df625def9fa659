/**
 * The line for a shell that takes chains out of one program's tables, and the jumps to them, each table
 * in one transaction; all other rules stay. `program` is `iptables-nft`, `chains` a regular expression
 * of awk for their names. Pure.
 */
export function chainRemovalLine(program: string, chains: string): string {
  const awk = [
    `/^\\*/ { print; gone = "" }`,
    `$1 ~ "^:" c "$" { print $1, "- [0:0]"; gone = gone "-X " substr($1, 2) "\\n" }`,
    `$0 ~ "^-A " c " " { next }`,
    `$0 ~ " -j " c "( |$)" { sub("^-A", "-D"); print }`,
    `/^COMMIT/ { printf "%s%s\\n", gone, $0 }`,
  ].join(' ');
  return `${program}-save | awk -v c='${chains}' '${awk}' | ${program}-restore --noflush --wait 10`;
}
