# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: the command on its way into a test kernel of any kind, the time
# limit, and the way back.

# A folder for what the two sides tell each other. The kernel's command line cannot carry spaces.
make_state_folder() {
  local parent=${TMPDIR:-/tmp}
  if [[ $parent =~ [[:space:],] || $parent == /run/* || ! -w $parent ]]; then
    parent=/tmp
  fi
  state=$(mktemp -d "$parent/kube-ipvs-test-kernel.XXXXXX")
}

# command.sh: the command with its working directory and environment, safe for any character.
write_command() {
  local name
  PATH=$repo/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin
  export KUBE_IPVS_IN_TEST_KERNEL=$kernel
  {
    for name in $(compgen -e); do
      case $name in
        PATH | HOME | USER | LANG | LC_* | TZ | TERM | CI | DEBUG | NO_COLOR | FORCE_COLOR | \
          NODE_* | KUBE_IPVS_*) printf 'export %s=%q\n' "$name" "${!name}" ;;
      esac
    done
    printf 'cd %q || exit 125\n' "$PWD"
    printf 'exec'
    printf ' %q' "${command[@]}"
    printf '\n'
  } >"$state/command.sh"
}

# The modules to load, one a line, less the absent ones: the extra ones and, in User Mode Linux,
# which loads none on demand, the list beside init.sh.
write_modules() {
  local listed
  listed=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/test-kernel/modules.txt")
  {
    if [ "$kernel" = uml ]; then
      printf '%s\n' "$listed"
    fi
    if [ ${#extra_modules[@]} -gt 0 ]; then
      printf '%s\n' "${extra_modules[@]}"
    fi
  } >"$state/wanted"
  {
    if [ ${#absent_modules[@]} -gt 0 ]; then
      printf '%s\n' "${absent_modules[@]//-/_}"
    fi
    if [ "$without_ip_vs" = yes ]; then
      grep -x 'ip_vs.*\|xt_ipvs' <<<"$listed"
    fi
  } >"$state/absent-modules"
  grep -vxFf "$state/absent-modules" "$state/wanted" >"$state/modules" || true
}

write_kept_folders() {
  : >"$state/kept-folders"
  if [ ${#kept_folders[@]} -gt 0 ]; then
    printf '%s\n' "${kept_folders[@]}" >"$state/kept-folders"
  fi
}

clean_up() {
  exec 2>/dev/null # bash would tell of the jobs it ends
  if [ -n "${job:-}" ]; then
    end_job
  fi
  if [ -n "${watchdog:-}" ]; then
    kill "$watchdog" 2>/dev/null || true
  fi
  # What just ended may still have written a file, at which rm fails; that must not become the exit status.
  patiently rm -rf "${state:?}"
}

# Tries a command again until it succeeds, for two seconds at most; succeeds in any case.
patiently() { # COMMAND...
  local tries=20
  until "$@" || [ "$tries" -eq 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
}

# Ends all processes of the test kernel. User Mode Linux makes itself leader of a process group; on
# SIGTERM it ends its helpers too, but only if it is not hung.
end_job() {
  kill -TERM "$job" 2>/dev/null || true
  patiently has_ended "$job"
  kill -KILL "$job" "-$job" 2>/dev/null || true
}

has_ended() { # PROCESS
  ! kill -0 "$1" 2>/dev/null
}

# Starts the test kernel, and a watchdog for the time limit. The watchdog has no child and no
# output, so that nothing waits for it once it is killed.
start() { # PROGRAM...
  "$@" </dev/null &
  job=$!
  mkfifo "$state/nothing"
  (
    exec <>"$state/nothing" >/dev/null 2>&1 3>&- 4>&-
    read -r -t "$time_limit" _ || true
    : >"$state/time-is-up"
    end_job
  ) &
  watchdog=$!
}

# The same for a kernel of its own, which logs to kernel.log and is handed the command's output and
# error output as the file descriptors 3 and 4: pipes, since User Mode Linux makes the files it is
# given non-blocking.
run_own_kernel() { # PROGRAM...
  local out_reader err_reader
  exec 3> >(exec cat)
  out_reader=$!
  exec 4> >(exec cat >&2)
  err_reader=$!
  start "$@" >"$state/kernel.log" 2>&1
  exec 3>&- 4>&-
  await
  wait "$out_reader" "$err_reader" || true
  if [ -s "$state/status" ]; then
    exit "$(cat "$state/status")"
  fi
  explain_kernel_failure
}

await() {
  wait "$job" 2>/dev/null && ended=0 || ended=$?
  if [ -e "$state/time-is-up" ]; then
    wait "$watchdog" || true
  fi
  kill "$watchdog" 2>/dev/null || true
  kill -KILL -- "-$job" 2>/dev/null || true
  job=
}

time_was_up() {
  [ -e "$state/time-is-up" ]
}

explain_kernel_failure() {
  if time_was_up; then
    if [ -e "$state/started" ]; then
      fail 124 "the command was still running after $time_limit s and was stopped: ${command[*]}"
    fi
    tail -n 20 "$state/kernel.log" >&2
    fail 124 "the test kernel had not booted after $time_limit s; the end of its log is above"
  fi
  tail -n 30 "$state/kernel.log" >&2
  fail 125 "the test kernel ended (status $ended) before the command did; the end of its log is above"
}
