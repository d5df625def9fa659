# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: a distribution's own kernel in a virtual machine of QEMU.

run_in_qemu() {
  check_absent_modules
  cp "$here/test-kernel/init.sh" "$state/init"
  cp "$here/test-kernel/places-qemu.sh" "$state/places.sh"
  chmod 700 "$state/init"
  make_initramfs
  if [ ${#memory_files[@]} -gt 0 ]; then
    gather_memory "${memory_files[@]}"
  fi
  local shares=() number=0 folder
  share / machine readonly=on,multidevs=remap
  share "$kernel_folder/lib/modules" modules readonly=on
  share "$state" state
  for folder in "${kept_folders[@]}"; do
    number=$((number + 1))
    share "$folder" "kept$number" multidevs=remap
  done
  local machine=() clock=
  describe_machine
  # QEMU translates a program's code once for each place in memory that it lies at: where that is the same in
  # every process, a program of few lines starts in 9 ms and not in 33.
  local fast="mitigations=off norandmaps"
  run_own_kernel qemu-system-x86_64 "${machine[@]}" "${shares[@]}" \
    -nodefaults -no-user-config -display none -no-reboot -serial stdio \
    -kernel "$kernel_folder/vmlinuz" -initrd "$state/initramfs" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check $fast random.trust_cpu=on state=$state$clock" \
    -device virtio-serial-pci \
    -chardev file,id=out,path=/dev/fd/3 -device virtserialport,chardev=out,nr=1 \
    -chardev file,id=err,path=/dev/fd/4 -device virtserialport,chardev=err,nr=2
}

install_qemu() {
  command -v qemu-system-x86_64 >/dev/null && return
  install_debian_packages qemu-system-x86 || exit 125
}

# Adds a folder of this machine to `shares`. QEMU wants a comma twice.
share() { # FOLDER TAG [SETTING]
  shares+=(
    -fsdev "local,id=$2,path=${1//,/,,},security_model=none${3:+,$3}"
    -device "virtio-9p-pci,fsdev=$2,mount_tag=$2"
  )
}

# With the counted clock each instruction takes 1 ns, and waits take none: times come out the same
# whoever else uses this machine. It is always emulated: a /dev/kvm that is there may still fail to
# run an ordinary kernel, after QEMU has begun (seen with kvm_pvm), and figures would differ.
describe_machine() {
  # Five-level page tables cost an emulated processor much, and gain nothing here.
  machine=(-m "$memory" -cpu "max,-la57")
  if [ "$counted_clock" = yes ]; then
    machine+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -smp 1)
  else
    machine+=(-accel "tcg,thread=multi" -smp "${processors:-2}")
    # On a busy machine the kernel would else take its clock for unreliable, and rewrite its own code
    # for that while the other processor runs: emulated, that ended in a panic (seen with 7.2).
    clock=' tsc=reliable'
  fi
}

# What is part of the kernel itself cannot be taken out of it.
check_absent_modules() {
  local name built_in
  built_in=$kernel_folder/lib/modules/$(cat "$kernel_folder/release")/modules.builtin
  for name in "${absent_modules[@]//-/_}"; do
    if tr - _ <"$built_in" | grep -q "/$name\.ko$"; then
      fail 2 "--without '$name': it is built into the kernel $kernel and not a module"
    fi
  done
}

# The first file system: busybox, the modules that reach this machine's files, and a script.
make_initramfs() {
  local root=$state/initramfs-root
  mkdir -p "$root"/{bin,dev,proc,sys,modules}
  cp "$kernel_folder/busybox" "$root/bin/busybox"
  cp "$kernel_folder"/boot-modules/* "$root/modules/"
  cp "$here/test-kernel/initramfs-init.sh" "$root/init"
  chmod 755 "$root/init" "$root/bin/busybox"
  (cd "$root" && find . | "$kernel_folder/busybox" cpio -o -H newc 2>/dev/null) >"$state/initramfs"
  rm -rf "$root"
}
