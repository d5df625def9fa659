# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: a root in memory, of copies of the programs and files that a command
# needs. A file of this machine that is opened is a wait for this machine, which no clock can count.

# What init.sh and modprobe call, and iptables by all its names.
memory_programs=(bash sh env setsid mount umount ln mkdir cat chmod mkfifo kill sleep hostname sync tac
  sed rm ls uname dirname modprobe ip ip6tables iptables{,-save,-restore,-legacy,-nft} ip6tables{-save,-restore}
  {iptables,ip6tables}-{legacy,nft}-{save,restore} ip6tables-{legacy,nft} ipset ipvsadm nft unshare nsenter)

# What modules are found by, and those of networks.
memory_modules=(modules.{dep,alias,symbols,builtin,builtin.alias}.bin modules.{order,builtin,softdep}
  kernel/{net,lib,crypto,arch} kernel/drivers/net/{dummy,veth}.ko.xz)

# Makes memory.tar of the state folder.
gather_memory() { # PROGRAM_OR_FILE...
  local name file files=$state/memory-files release
  release=$(cat "$kernel_folder/release")
  for name in "${memory_programs[@]}" "$@"; do
    file=$(find_file "$name") || {
      [[ " ${memory_programs[*]} " == *" $name "* ]] && continue
      fail 2 "--in-memory '$name' is neither a program nor a file"
    }
    list_file "$file"
  done >"$files"
  printf '%s\n' /etc /bin /sbin /lib /lib64 >>"$files"
  find /usr/lib -type d -name xtables >>"$files"
  {
    # Some files in /etc may be read by their owner alone, and some go while they are read.
    grep -v '^/etc/' "$files" | sort -u | tar --create --file "$state/memory.tar" --absolute-names \
      --hard-dereference --ignore-failed-read --files-from -
    tar --append --file "$state/memory.tar" --directory "$kernel_folder/lib/modules/$release" \
      --transform "s|^|modules/$release/|" --ignore-failed-read "${memory_modules[@]}"
  } 2>"$state/tar.log" || fail 125 "the files cannot be gathered: $(tail -n 1 "$state/tar.log")"
}

find_file() { # PROGRAM_OR_FILE
  command -v -- "$1" || realpath --canonicalize-existing --no-symlinks --quiet -- "$1"
}

declare -A listed_files=()

# A file or folder with all links on the way to it, and a program with its libraries, once each.
list_file() { # FILE
  local file=$1 library
  [ -z "${listed_files[$file]:-}" ] || return 0
  listed_files[$file]=yes
  while :; do
    file=$(realpath -- "$(dirname -- "$file")")/$(basename -- "$file")
    echo "$file"
    [ -L "$file" ] || break
    file=$(cd "$(dirname -- "$file")" && realpath --no-symlinks -- "$(readlink -- "$file")")
  done
  [ -f "$file" ] || return 0
  for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
    list_file "$library"
  done
}
