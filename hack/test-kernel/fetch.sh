# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: a distribution's kernel, fetched once and kept in a folder:
#   release                the kernel's release, such as 6.12.117+deb13-amd64
#   packages               the packages it came from, one a line
#   vmlinuz                the kernel
#   lib/modules/RELEASE    its modules, as modprobe wants them
#   boot-modules/          those that the boot needs, unpacked, in the order to load them in
#   busybox                a shell for the boot, linked statically
# Nothing is installed: the packages are unpacked. apt is asked with lists and a cache of its own,
# for whatever release the machine is of, from the mirror that the machine itself uses.

boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# Sets kernel_folder, and fills it if need be. Of two runs at once one fetches and the other waits.
fetch_kernel() {
  local parent lock
  [ -n "${XDG_CACHE_HOME:-${HOME:-}}" ] ||
    fail 125 "neither XDG_CACHE_HOME nor HOME says where kernels are kept"
  parent=${XDG_CACHE_HOME:-$HOME/.cache}/kube-ipvs/kernels
  kernel_folder=$parent/$kernel
  [ -e "$kernel_folder/release" ] && return
  mkdir -p "$parent" || fail 125 "cannot make $parent, where kernels are kept"
  exec {lock}>"$parent/$kernel.lock"
  flock --nonblock "$lock" || {
    say "waiting for another run, which is fetching the kernel $kernel"
    flock "$lock"
  }
  if ! [ -e "$kernel_folder/release" ]; then
    rm -rf "$kernel_folder" "$parent/.$kernel".?????? # of a run that was killed
    workshop=$(mktemp -d "$parent/.$kernel.XXXXXX")
    trap 'rm -rf "$workshop"' EXIT
    trap 'fail 125 "the kernel $kernel cannot be fetched: line $LINENO of fetch.sh failed"' ERR
    set -o errtrace
    fetch_into_workshop
    set +o errtrace
    trap - ERR
    mv "$workshop/kernel" "$kernel_folder"
    rm -rf "$workshop"
    say "the kernel $kernel ($(cat "$kernel_folder/release")) is in $kernel_folder"
  fi
  exec {lock}>&-
}

fetch_into_workshop() {
  local packages=()
  mkdir -p "$workshop"/{lists/partial,cache/archives/partial,packages,root,kernel}
  check_architecture
  set_apt_options
  write_apt_sources
  quietly "the list of packages of $kernel cannot be fetched" apt-get "${apt_options[@]}" update
  find_packages
  say "fetching the kernel $kernel: ${packages[*]}"
  quietly "the packages of $kernel cannot be fetched" download_packages
  say 'unpacking it'
  unpack_kernel
  unpack_boot_modules
}

check_architecture() {
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
    fail 125 "the kernel $kernel can be had on Debian amd64 alone;" \
      "other machines have the kernels uml and host"
}

# As root, apt would else fetch as a user who has no way into a home folder.
set_apt_options() {
  apt_options=(
    -qq
    -o "Dir::Etc::sourcelist=$workshop/debian.sources"
    -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$workshop/lists"
    -o Dir::State::status=/dev/null
    -o "Dir::Cache=$workshop/cache"
    -o APT::Sandbox::User=root
    -o APT::Update::Error-Mode=any
    -o Acquire::Retries=2
  )
}

write_apt_sources() {
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(own_mirror)
  [ -n "$mirror" ] || {
    as_root_update_lists
    mirror=$(own_mirror)
  }
  [ -n "$mirror" ] ||
    fail 125 "the kernel $kernel cannot be fetched: this machine's apt knows no mirror of Debian"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$mirror" "$(suite)"
    if [ -e "$keyring" ]; then
      echo "Signed-By: $keyring"
    fi
  } >"$workshop/debian.sources"
}

suite() {
  case $kernel in
    debian-12) echo bookworm ;;
    debian-13) echo trixie ;;
    debian-sid) echo sid ;;
  esac
}

# The archive that the machine's own release comes from; nothing as long as apt has no lists.
own_mirror() {
  # apt fills these in.
  # shellcheck disable=SC2016
  apt-get indextargets 'Created-By: Packages' \
    --format '$(ORIGIN) $(LABEL) $(CODENAME) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "Debian" && $4 == "main" && $3 !~ /-/ && !found++ { print $5 }'
}

as_root_update_lists() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  say "asking this machine's apt for its lists of packages"
  "${as_root[@]}" apt-get -qq update </dev/null >&2 || true
}

# Runs a command without its output; where it fails, prints what it said.
quietly() { # PROBLEM COMMAND...
  local problem=$1
  shift
  "$@" >"$workshop/log" 2>&1 && return
  tail -n 10 "$workshop/log" >&2
  fail 125 "$problem; what was said is above$(hint_on_keys)"
}

hint_on_keys() {
  if grep -q 'NO_PUBKEY\|Missing key' "$workshop/log"; then
    echo ". Its keys are newer than this machine's package debian-archive-keyring: upgrade that"
  fi
}

# The newest kernel of the release; from some release on it comes in several packages.
find_packages() {
  local image
  image=$(depends_of linux-image-amd64 | awk '/^linux-image-[0-9]/ && !found++')
  [ -n "$image" ] ||
    fail 125 "the kernel $kernel cannot be had: linux-image-amd64 of $(suite) names no kernel"
  mapfile -t packages < <(depends_of "$image" | awk '/^linux-(base|binary|modules)-[0-9]/')
  packages=("$image" "${packages[@]}" busybox-static)
}

depends_of() { # PACKAGE
  apt-cache "${apt_options[@]}" depends --important "$1" 2>/dev/null |
    sed -n 's/^ *|\{0,1\}Depends: //p'
}

download_packages() {
  (cd "$workshop/packages" && apt-get "${apt_options[@]}" download "${packages[@]}")
}

unpack_kernel() {
  local archive release modules image
  for archive in "$workshop"/packages/*.deb; do
    dpkg -x "$archive" "$workshop/root" || fail 125 "$archive cannot be unpacked: is the disk full?"
  done
  modules=$(compgen -G "$workshop/root/usr/lib/modules/*" || compgen -G "$workshop/root/lib/modules/*") ||
    fail 125 "there are no modules in ${packages[*]}"
  release=$(basename "$modules")
  image=$(compgen -G "$workshop/root/boot/vmlinuz-*" || compgen -G "$modules/vmlinuz") ||
    fail 125 "there is no kernel in ${packages[*]}"
  mkdir -p "$workshop/kernel/lib/modules"
  mv "$image" "$workshop/kernel/vmlinuz"
  mv "$modules" "$workshop/kernel/lib/modules/$release"
  mv "$workshop/root/bin/busybox" "$workshop/kernel/busybox" 2>/dev/null ||
    mv "$workshop/root/usr/bin/busybox" "$workshop/kernel/busybox"
  depmod -b "$workshop/kernel" "$release"
  basename -a "$workshop"/packages/*.deb >"$workshop/kernel/packages"
  echo "$release" >"$workshop/kernel/release"
}

unpack_boot_modules() {
  local kernel_at=$workshop/kernel module file number=100 files
  mkdir "$kernel_at/boot-modules"
  files=$(for module in "${boot_modules[@]}"; do
    modprobe -d "$kernel_at" -S "$(cat "$kernel_at/release")" --show-depends "$module" ||
      fail 125 "the kernel $kernel has no module $module, which the boot needs"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }')
  while read -r file; do
    number=$((number + 1))
    case $file in
      *.xz) "$kernel_at/busybox" xzcat "$file" ;;
      *.ko) cat "$file" ;;
      *) fail 125 "the module $file is packed in a way not known here" ;;
    esac >"$kernel_at/boot-modules/$number-$(basename "${file%.xz}")"
  done <<<"$files"
}
