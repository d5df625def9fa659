# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by init.sh in User Mode Linux, whose root is this machine's files (hostfs): nothing may be
# written before the overlay covers them.

out_console=/dev/tty1
err_console=/dev/tty2
modules_folder=/usr/lib/uml/modules/$(uname -r)

# The machine's files with a layer of memory on top, which takes every change.
cover_root() {
  local module_root=/mnt/modules
  must mount -t tmpfs tmpfs /mnt
  must mkdir -p /mnt/changes /mnt/work /mnt/root "$module_root/lib"
  must ln -s /usr/lib/uml/modules "$module_root/lib/modules"
  must modprobe -d "$module_root" overlay
  must mount -t overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work overlay /mnt/root
  cd /mnt/root || power_off
  must mkdir -p .machine
  must pivot_root . .machine
  must mount -t proc proc /proc
  must umount -l /.machine
  must rmdir /.machine
}

mount_state() {
  must mount -t hostfs none "$state" -o "$state"
}

mount_kept_folder() { # FOLDER NUMBER
  must mount -t hostfs none "$1" -o "$1"
}

prepare_modules() { :; }

prepare_consoles() {
  stty -F "$out_console" raw -echo
  stty -F "$err_console" raw -echo
}
