#!/bin/bash
# The first program of a test kernel that boots: hack/in-test-kernel copies it to its state folder,
# with places.sh beside it for what differs between the kernels. What it prints goes to the kernel's
# log.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
state=$(dirname "$0")

# Whatever goes wrong, the kernel must not linger.
power_off() {
  echo o >/proc/sysrq-trigger
  sleep 60
}

must() { # COMMAND...
  "$@" && return
  echo "test-kernel: failed: $*"
  power_off
}

mount_kernel_file_systems() {
  must mount -t sysfs sys /sys
  must mount -t devtmpfs dev /dev
  ln -sf /proc/self/fd /dev/fd
  ln -sf /proc/self/fd/0 /dev/stdin
  ln -sf /proc/self/fd/1 /dev/stdout
  ln -sf /proc/self/fd/2 /dev/stderr
  mkdir -p /dev/pts /dev/shm
  mount -t devpts -o ptmxmode=666 devpts /dev/pts
  must mount -t tmpfs tmpfs /dev/shm
  must mount -t tmpfs tmpfs /run
  mkdir -p /run/lock /run/netns
}

# Only these folders are the machine's own: the state folder and those named with --write.
mount_kept_folders() {
  local folder number=0
  mount_state
  while IFS= read -r folder; do
    number=$((number + 1))
    mount_kept_folder "$folder" "$number"
  done <"$state/kept-folders"
}

# Modules in the place where modprobe and the kernel's own loading look for them.
load_modules() {
  prepare_modules
  mkdir -p /lib/modules /etc/modprobe.d
  ln -sfn "$modules_folder" "/lib/modules/$(uname -r)"
  sed 's|.*|install & /bin/false|' "$state/absent-modules" >/etc/modprobe.d/absent.conf
  if [ -s "$state/modules" ]; then
    # One word per module.
    # shellcheck disable=SC2046
    modprobe --all $(cat "$state/modules")
  fi
}

# Everything but this program and the readers of the output. (A kernel thread ignores it.)
kill_leftovers() { # READER...
  local folder pid
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    case " 1 $* " in
      *" $pid "*) ;;
      *) kill -KILL "$pid" 2>/dev/null ;;
    esac
  done
}

# The command writes to pipes, as programs expect of a test run; consoles 1 and 2 lead outside.
run_command() {
  local out_reader err_reader status
  prepare_consoles
  mkfifo -m 600 /run/out /run/err
  cat </run/out >"$out_console" &
  out_reader=$!
  cat </run/err >"$err_console" &
  err_reader=$!
  echo "test-kernel: starting the command"
  : >"$state/started"
  setsid --wait env --ignore-environment bash "$state/command.sh" </dev/null >/run/out 2>/run/err
  status=$?
  kill_leftovers "$out_reader" "$err_reader"
  wait "$out_reader" "$err_reader"
  echo "$status" >"$state/status"
}

unmount_kept_folders() {
  local folder
  cd /
  while IFS= read -r folder; do
    umount "$folder"
  done < <(tac "$state/kept-folders")
  sync
}

must mount -t proc proc /proc
# shellcheck source=hack/test-kernel/places-uml.sh
. "$state/places.sh"
cover_root
mount_kernel_file_systems
mount_kept_folders
hostname test-kernel
ip link set lo up
load_modules
run_command
unmount_kept_folders
power_off
