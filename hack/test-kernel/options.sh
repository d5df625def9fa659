# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: what the command line and the environment ask for.

debian_kernels=(debian-12 debian-13 debian-sid)
kernel=${KUBE_IPVS_TEST_KERNEL:-}
kernel_named_by=KUBE_IPVS_TEST_KERNEL=
time_limit=300
memory=2G
processors=
counted_clock=no
only_fetch=no
extra_modules=()
absent_modules=()
without_ip_vs=no
kept_folders=()
memory_files=()
command=()

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --kernel) need_value "$1" $#; kernel=$2; kernel_named_by='--kernel '; shift 2 ;;
      --timeout) need_value "$1" $#; time_limit=$2; shift 2 ;;
      --mem) need_value "$1" $#; memory=$2; shift 2 ;;
      --smp) need_value "$1" $#; processors=$2; shift 2 ;;
      --counted-clock) counted_clock=yes; shift ;;
      --modules) need_value "$1" $#; IFS=, read -ra extra_modules <<<"$2"; shift 2 ;;
      --without) need_value "$1" $#; IFS=, read -ra absent_modules <<<"$2"; shift 2 ;;
      --no-ip-vs) without_ip_vs=yes; shift ;;
      --write) need_value "$1" $#; keep_folder "$2"; shift 2 ;;
      --in-memory) need_value "$1" $#; memory_files+=("$2"); shift 2 ;;
      --fetch) only_fetch=yes; shift ;;
      --help | -h) usage; exit 0 ;;
      --) shift; break ;;
      -*) fail 2 "unknown option $1 (see --help)" ;;
      *) break ;;
    esac
  done
  command=("$@")
  check_values
  choose_kernel
  check_combination
}

need_value() { # OPTION REMAINING_COUNT
  [ "$2" -ge 2 ] || fail 2 "$1 needs a value (see --help)"
}

keep_folder() { # DIR
  mkdir -p "$1" || fail 2 "--write '$1': cannot make this folder"
  local folder
  folder=$(cd "$1" && pwd -P)
  case $folder/ in
    / | /dev/* | /proc/* | /run/* | /sys/*) fail 2 "--write '$1': $folder cannot be kept" ;;
  esac
  kept_folders+=("$folder")
}

check_values() {
  [[ $time_limit =~ ^[1-9][0-9]*$ ]] ||
    fail 2 "--timeout '$time_limit' is not a whole number of seconds, 1 or more"
  [[ $memory =~ ^[1-9][0-9]*[MG]$ ]] || fail 2 "--mem '$memory' is not a size such as 512M or 2G"
  [[ -z $processors || $processors =~ ^([1-9]|[1-5][0-9]|6[0-4])$ ]] ||
    fail 2 "--smp '$processors' is not a number of processors, 1 to 64"
  local name
  for name in "${extra_modules[@]}" "${absent_modules[@]}"; do
    [[ $name =~ ^[A-Za-z0-9_-]+$ ]] || fail 2 "'$name' is not the name of a kernel module"
  done
}

choose_kernel() {
  case $kernel in
    uml | host) ;;
    '')
      kernel=uml
      if ! asks_for_absent_modules && ! asks_for_qemu && own_kernel_has_ip_vs; then
        kernel=host
      fi
      ;;
    *)
      is_debian_kernel ||
        fail 2 "$kernel_named_by'$kernel': allowed are uml, host, $(commas "${debian_kernels[@]}")"
      ;;
  esac
}

check_combination() {
  if [ "$kernel" = host ] && asks_for_absent_modules; then
    fail 2 "--without and --no-ip-vs change a kernel: they cannot be had with the kernel 'host'"
  fi
  if asks_for_qemu && ! is_debian_kernel; then
    fail 2 "--smp, --counted-clock and --in-memory need a distribution's kernel" \
      "(--kernel $(commas "${debian_kernels[@]}")), this is the kernel '$kernel'"
  fi
  if [ "$counted_clock" = yes ] && [ "${processors:-1}" != 1 ]; then
    fail 2 "--counted-clock counts the instructions of one processor: --smp '$processors' is not 1"
  fi
  if [ "$only_fetch" = yes ]; then
    [ ${#command[@]} -eq 0 ] || fail 2 "--fetch runs no command, and here is one: ${command[*]}"
    return
  fi
  [ ${#command[@]} -gt 0 ] || fail 2 "no command given (see --help)"
}

asks_for_absent_modules() {
  [ "$without_ip_vs" = yes ] || [ ${#absent_modules[@]} -gt 0 ]
}

asks_for_qemu() {
  [ "$counted_clock" = yes ] || [ -n "$processors" ] || [ ${#memory_files[@]} -gt 0 ]
}

is_debian_kernel() {
  [[ " ${debian_kernels[*]} " == *" $kernel "* ]]
}

# Whether this machine's own kernel can carry the tests: root, IPVS and network namespaces.
own_kernel_has_ip_vs() {
  [ "$(id -u)" = 0 ] || return 1
  [ -e /proc/net/ip_vs ] || modprobe -q ip_vs 2>/dev/null || return 1
  unshare --net --mount --pid --fork true 2>/dev/null
}

commas() { # WORD...
  local list
  list=$(printf ', %s' "$@")
  echo "${list#, }"
}
