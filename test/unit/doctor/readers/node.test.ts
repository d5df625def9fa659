import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exists,
  isInstalled,
  maySetSysctl,
  namesIn,
  readSysctl,
  readText,
} from '../../../../src/doctor/readers/files.ts';
import { once, onceEach } from '../../../../src/doctor/readers/once.ts';
import { readProcesses } from '../../../../src/kernel/takeover/processes.ts';
import { askServer } from '../../../../src/kernel/takeover/ask-server.ts';

describe('what the doctor reads of a node', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-doctor-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('files that are not there are no errors, what is no file is', async () => {
    assert.equal(await readText(join(folder, 'none/at/all')), undefined);
    assert.deepEqual(await namesIn(join(folder, 'none')), []);
    assert.equal(await exists(join(folder, 'none')), false);
    assert.equal(await exists(folder), true);
    await assert.rejects(readText(folder), /EISDIR/);
  });

  it('kernel settings, and whether they could be written where the daemon would', async () => {
    assert.match((await readSysctl('kernel/ostype')) ?? '', /^Linux$/);
    assert.equal(await readSysctl('kernel/none'), undefined);
    writeFileSync(join(folder, 'setting'), '1\n');
    assert.equal(await maySetSysctl('setting', { KUBE_IPVS_PROC_SYS: folder }), true);
    assert.equal(await maySetSysctl('none', { KUBE_IPVS_PROC_SYS: folder }), false);
  });

  it('programs in the folders of PATH', async () => {
    writeFileSync(join(folder, 'tool'), '#!/bin/sh\n');
    chmodSync(join(folder, 'tool'), 0o755);
    assert.equal(await isInstalled('tool', `/nowhere:${folder}`), true);
    assert.equal(await isInstalled('tool', '/nowhere:'), false);
  });

  it('processes by name, and whether those of the node are among them', async () => {
    const proc = join(folder, 'proc');
    const add = (pid: number, name: string, ...words: string[]): void => {
      mkdirSync(join(proc, String(pid)), { recursive: true });
      writeFileSync(join(proc, String(pid), 'comm'), `${name}\n`);
      writeFileSync(join(proc, String(pid), 'cmdline'), words.map((word) => `${word}\0`).join(''));
    };
    add(77, 'kube-proxy', '/usr/local/bin/kube-proxy', '--config=x');
    mkdirSync(join(proc, 'self'));
    mkdirSync(join(proc, '78'));
    assert.deepEqual(await readProcesses(proc), {
      seesHost: false,
      processes: [
        { pid: 77, name: 'kube-proxy', commandLine: '/usr/local/bin/kube-proxy --config=x' },
      ],
    });
    add(2, 'kthreadd');
    assert.equal((await readProcesses(proc)).seesHost, true);
  });

  it('what is served, by whatever address, or why not', async () => {
    const server = createServer((request, response) => {
      response.statusCode = 503;
      response.end(`at ${request.url ?? ''}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    const answer = { kind: 'answered', status: 503, body: 'at /livez' };
    assert.deepEqual(await askServer({ host: '0.0.0.0', port }, '/livez'), answer);
    await new Promise((resolve) => server.close(resolve));
    const closed = await askServer({ host: '127.0.0.1', port }, '/livez');
    assert.equal(closed.kind, 'closed');
    assert.deepEqual(await askServer(undefined, '/livez'), { kind: 'off' });
  });

  it('each thing once, whoever asks', async () => {
    let reads = 0;
    const read = () => Promise.resolve((reads += 1));
    const shared = once(read);
    assert.deepEqual([await shared(), await shared()], [1, 1]);
    const each = onceEach(read);
    assert.deepEqual([await each('a'), await each('b'), await each('a')], [2, 3, 2]);
  });
});
