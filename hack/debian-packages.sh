# shellcheck shell=bash
# Sourced. Installs Debian packages; whoever sources it has a function `say`, which prints a line.

retry_once() {
  "$@" && return
  say "'$*' failed, trying once more"
  sleep 3
  "$@"
}

# Returns 1, with the reason said on standard error, where they cannot be installed.
install_debian_packages() { # PACKAGE...
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  command -v apt-get >/dev/null || {
    say "there is no apt-get here: install these yourself (names as in Debian): $*" >&2
    return 1
  }
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
      say "not root and no sudo: have these Debian packages installed: $*" >&2
      return 1
    }
    as_root=(sudo "${as_root[@]}")
  fi
  say "installing Debian packages: $*"
  retry_once "${as_root[@]}" apt-get -qq update </dev/null >&2 || {
    say 'apt-get update failed' >&2
    return 1
  }
  retry_once "${as_root[@]}" apt-get -qq install -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 "$@" </dev/null >&2 || {
    say "apt-get could not install: $*" >&2
    return 1
  }
}
