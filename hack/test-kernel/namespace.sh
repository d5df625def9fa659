#!/bin/bash
# Runs the command of hack/in-test-kernel in this machine's own kernel. Called in fresh network,
# mount and process namespaces with the state folder as argument. Every file system becomes
# read-only here, /run is empty, and what is written to /tmp goes to memory.
set -euo pipefail
state=$1
hold=/run/kube-ipvs-test-kernel

# The folders that stay this machine's own, reachable at a second place until all is covered.
hold_kept_folders() {
  local number=0 folder
  mount -t tmpfs tmpfs /run
  mkdir -p "$hold/state" "$hold/changes" "$hold/work" /run/lock /run/netns
  mount --bind "$state" "$hold/state"
  while IFS= read -r folder; do
    number=$((number + 1))
    mkdir "$hold/$number"
    mount --bind "$folder" "$hold/$number"
  done <"$state/kept-folders"
}

make_read_only() {
  local mount_point
  while read -r _ _ _ _ mount_point _; do
    mount_point=$(printf '%b' "$mount_point")
    case $mount_point in
      /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/*) ;;
      *) mount -o remount,bind,ro "$mount_point" ;;
    esac
  done </proc/self/mountinfo
}

cover_tmp() {
  mount -t overlay -o "lowerdir=/tmp,upperdir=$hold/changes,workdir=$hold/work" overlay /tmp
}

put_kept_folders_back() {
  local number=0 folder
  mount --bind "$hold/state" "$state"
  while IFS= read -r folder; do
    number=$((number + 1))
    mount --bind "$hold/$number" "$folder"
  done <"$state/kept-folders"
}

hold_kept_folders
make_read_only
cover_tmp
put_kept_folders_back
mount -t sysfs sysfs /sys
ip link set lo up
: >"$state/started"
status=0
env --ignore-environment bash "$state/command.sh" || status=$?
echo "$status" >"$state/status"
