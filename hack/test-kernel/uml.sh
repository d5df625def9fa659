# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: User Mode Linux, a kernel that is an ordinary program.

# Consoles: 0 is the kernel's log, 1 and 2 carry the command's output and error output.
run_in_uml() {
  local uml
  uml=$(command -v linux.uml || command -v linux) ||
    fail 125 "this machine's kernel has no IPVS and linux.uml is not installed: run hack/setup"
  cp "$here/test-kernel/init.sh" "$state/init"
  cp "$here/test-kernel/places-uml.sh" "$state/places.sh"
  chmod 700 "$state/init"
  TMPDIR=$(uml_memory_folder)
  export TMPDIR
  choose_processor
  know_all_registers
  run_own_kernel "${on_processor[@]}" "${with_registers[@]}" "$uml" \
    rootfstype=hostfs rootflags=/ rw "mem=$memory" "init=$state/init" "uml_dir=$state/" con0=null,fd:1 con1=null,fd:3 con2=null,fd:4 con=null \
    random.trust_cpu=on
}

# Where the processor has tiles (AMX), User Mode Linux ends at its first process but for what
# whole-registers.c says.
know_all_registers() {
  local source=$here/test-kernel/whole-registers.c
  with_registers=()
  grep -qw amx_tile /proc/cpuinfo || return 0
  command -v cc >/dev/null || install_debian_packages gcc libc6-dev || exit 125
  cc -O2 -Wall -shared -fPIC -o "$state/registers.so" "$source" ||
    fail 125 "hack/test-kernel/whole-registers.c does not compile"
  with_registers=(env "LD_PRELOAD=$state/registers.so")
}

# A folder for the memory of User Mode Linux: large enough and not mounted noexec.
uml_memory_folder() {
  local folder needed free probe
  needed=$(numfmt --from=iec "$memory")
  for folder in /dev/shm "$(dirname "$state")"; do
    free=$(df --output=avail -B1 "$folder" 2>/dev/null | tail -n 1) || continue
    probe=$(mktemp "$folder/kube-ipvs-probe.XXXXXX" 2>/dev/null) || continue
    printf '#!/bin/sh\n' >"$probe" && chmod 700 "$probe"
    if [ "$free" -ge "$needed" ] && "$probe" 2>/dev/null; then
      rm -f "$probe"
      echo "$folder"
      return
    fi
    rm -f "$probe"
  done
  fail 125 "no folder with $memory free for the memory of User Mode Linux (tried /dev/shm and /tmp)"
}

# Holds User Mode Linux on one processor, one without another test kernel if there is. It computes
# on one anyway, but where its processes are on two, each page fault and system call of theirs has
# to wake the other one: a page fault takes 225 us then, and 50 us on one.
choose_processor() {
  local ranges range cpu lock cpus=()
  on_processor=()
  ranges=$(taskset -cp "$BASHPID" 2>/dev/null) || return 0
  for range in $(tr ',' ' ' <<<"${ranges##*: }"); do
    mapfile -t -O ${#cpus[@]} cpus < <(seq "${range%-*}" "${range#*-}")
  done
  on_processor=(taskset -c "${cpus[$$ % ${#cpus[@]}]}")
  for cpu in "${cpus[@]}"; do
    { exec {lock}>"$(dirname "$state")/kube-ipvs-test-kernel-$UID-cpu$cpu.lock"; } 2>/dev/null || return 0
    if flock --nonblock "$lock"; then
      on_processor=(taskset -c "$cpu")
      return
    fi
    exec {lock}>&-
  done
}
