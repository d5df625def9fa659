import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { inHost, type HostName } from './network.ts';

/** All that kube-ipvs may have to do with on a host, word for word, without counters. */
export function stateOf(host: HostName): Promise<string> {
  return inHost(
    host,
    `for save in iptables-legacy-save ip6tables-legacy-save; do
       $save | sed -e '/^#/d' -e 's/ \\[[0-9]*:[0-9]*\\]$//'
     done
     ipset save | sed 's/ initval .*//' | sort
     ipvsadm -Sn | sort
     ip -o addr show | sed 's/ valid_lft.*//; s/^[0-9]*: //' | sort`,
  );
}

/** Waits until `read` answers this text; after how many milliseconds it did. */
export async function returnsTo(
  expected: string,
  read: () => Promise<string>,
  limitMs: number,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    // The answer is of the moment before it came.
    const elapsed = performance.now() - startedAt;
    const text = await read();
    if (text === expected) {
      return elapsed;
    }
    if (elapsed > limitMs) {
      const [is, was] = [text.split('\n'), expected.split('\n')];
      const difference = [
        ...was.filter((line) => !is.includes(line)).map((line) => `missing: ${line}`),
        ...is.filter((line) => !was.includes(line)).map((line) => `too much: ${line}`),
      ];
      assert.deepEqual(difference, [], `after ${Math.round(elapsed)} ms`);
      assert.fail('the same lines in another order');
    }
    await delay(20);
  }
}
