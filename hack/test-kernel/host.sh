# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by hack/in-test-kernel: this machine's own kernel, in namespaces of its own.

run_in_host() {
  start setsid unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash "$here/test-kernel/namespace.sh" "$state"
  await
  if time_was_up; then
    fail 124 "the command was still running after $time_limit s and was stopped: ${command[*]}"
  fi
  if [ -s "$state/status" ]; then
    exit "$(cat "$state/status")"
  fi
  fail 125 "the network namespace ended (status $ended) before the command did"
}
