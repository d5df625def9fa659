# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by init.sh in a distribution's kernel under QEMU, whose root initramfs-init.sh has made.

modules_folder=/run/modules/$(uname -r)

cover_root() { :; }

mount_state() { :; }

mount_kept_folder() { # FOLDER NUMBER
  # A root in memory need not hold it.
  mkdir -p "$1"
  must mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none "kept$2" "$1"
}

# Their names hold the number of the device, which is after those of the shared folders.
prepare_consoles() {
  out_console=$(echo /dev/vport*p1)
  err_console=$(echo /dev/vport*p2)
  must test -c "$out_console" -a -c "$err_console"
}

prepare_modules() {
  if [ -e "$state/memory.tar" ]; then
    # Here already, in memory; /run has been covered since.
    modules_folder=/modules/$(uname -r)
    return
  fi
  must mkdir /run/modules
  must mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro modules /run/modules
}
