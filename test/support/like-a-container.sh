#!/bin/bash
# Runs a command as a container runtime runs one that is not privileged: in mount and network
# namespaces of its own, every file system read-only, /proc/sys too, with no capabilities but
# those named and no way to gain others.
#
# usage: like-a-container.sh CAPABILITY[,CAPABILITY...] WORK COMMAND [ARGUMENT]...
#
# CAPABILITYs are named as in a Pod (NET_ADMIN). The folder WORK/proc/sys/net is the node's
# /proc/sys/net, writable, as a hostPath volume gives it. When the command has ended, the state of
# its network is printed.
set -euo pipefail

if [ "${INSIDE:-no}" = no ]; then
  # One for the whole kernel, which only the node's own network namespace may set; kube-proxy's
  # least value (conntrack.min), so that there is nothing to set.
  modprobe nf_conntrack 2>/dev/null || true
  echo 131072 >/proc/sys/net/netfilter/nf_conntrack_max
  INSIDE=yes exec unshare --mount --net --propagation private bash "$0" "$@"
fi

capabilities=$1
work=$2
shift 2
PATH=$PATH:/usr/sbin:/sbin

mount_points() {
  local mount_point
  while read -r _ _ _ _ mount_point _; do
    printf '%b\n' "$mount_point"
  done </proc/self/mountinfo
}

make_read_only() {
  local mount_point
  mount --bind /proc/sys /proc/sys
  while IFS= read -r mount_point; do
    case $mount_point in
      /dev | /dev/* | /proc) ;;
      *) mount -o remount,bind,ro "$mount_point" ;;
    esac
  done < <(mount_points)
}

# Mounted before all else becomes read-only, and made writable after it.
give_volumes() { # mounted|writable
  local volume
  for volume in "$work/proc/sys/net" /run/xtables.lock; do
    case $1 in
      mounted) mount --bind "${volume#"$work"}" "$volume" ;;
      writable) mount -o remount,bind,rw "$volume" ;;
    esac
  done
}

ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_forward
mkdir -p "$work/proc/sys/net"
touch /run/xtables.lock
give_volumes mounted
make_read_only
give_volumes writable

allowed=-all
for capability in ${capabilities//,/ }; do
  allowed+=,+${capability,,}
done
status=0
setpriv --bounding-set="$allowed" --inh-caps=-all --no-new-privs "$@" || status=$?
echo '== virtual servers'
ipvsadm -Sn
echo '== rules'
# As in iptables-variant.ts.
case $KUBE_IPVS_IN_TEST_KERNEL in
  uml) iptables-legacy-save ;;
  *) iptables-nft-save || true ;;
esac
nft list table inet kube-ipvs 2>/dev/null || true
echo '== addresses'
ip -o address show dev kube-ipvs0 || true
echo '== settings'
grep -H . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/vs/conntrack
exit "$status"
