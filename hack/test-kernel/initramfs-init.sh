#!/bin/busybox sh
# shellcheck shell=dash disable=SC2154
# The first program of a distribution's kernel under QEMU. The root becomes this machine's files
# with a layer of memory on top, which takes every change; then init.sh of the state folder, whose
# path the kernel's command line has as `state`, takes over.
PATH=/bin
/bin/busybox --install -s /bin

must() { # COMMAND...
  "$@" && return
  echo "test-kernel: failed: $*"
  echo o >/proc/sysrq-trigger
  sleep 60
}

must mount -t proc proc /proc
must mount -t sysfs sys /sys
must mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
  must insmod "$module"
done
mkdir -p /state /root
options=trans=virtio,version=9p2000.L,msize=512000
must mount -t 9p -o "$options,cache=none" state /state

# A root in memory, of the files that were gathered (memory.sh).
unpack_memory() {
  must mount -t tmpfs -o size=80% tmpfs /root
  must tar -x -f /state/memory.tar -C /root
  mkdir -p /root/proc /root/sys /root/dev /root/run /root/tmp /root/var/tmp /root/root
}

# All files of this machine below a layer of memory.
cover_machine() {
  mkdir /machine /memory
  must mount -t 9p -o "$options,cache=loose,ro" machine /machine
  must mount -t tmpfs -o size=80% tmpfs /memory
  mkdir /memory/changes /memory/work
  must mount -t overlay -o lowerdir=/machine,upperdir=/memory/changes,workdir=/memory/work overlay /root
}

if [ -e /state/memory.tar ]; then
  unpack_memory
else
  cover_machine
fi
mkdir -p "/root$state"
must mount -o move /state "/root$state"
umount /dev /sys /proc
exec switch_root /root "$state/init"
