import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/** A series of an answer, with its points: seconds since 1970 and a number. */
export interface QueriedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: number, value: string])[];
}

/** A Prometheus that scrapes one target each second. */
export class PrometheusServer {
  readonly #url: string;
  readonly #process: ChildProcess;
  readonly #dataFolder: string;

  private constructor(url: string, process: ChildProcess, dataFolder: string) {
    this.#url = url;
    this.#process = process;
    this.#dataFolder = dataFolder;
  }

  /** Resolves when it answers; `target` is a host and port. */
  static async start(folder: string, target: string): Promise<PrometheusServer> {
    const dataFolder = mkdtempSync(join(tmpdir(), 'kube-ipvs-prometheus-'));
    const configFile = join(dataFolder, 'prometheus.yml');
    writeFileSync(configFile, configurationFor(target));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      join(folder, 'prometheus'),
      [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(dataFolder, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: 'ignore' },
    );
    const server = new PrometheusServer(`http://${address}`, child, dataFolder);
    await until('Prometheus answers', () => server.#isReady(), 30_000);
    return server;
  }

  /** The series of a query over the last minute; rejects with what Prometheus says of a wrong one. */
  async query(expr: string): Promise<readonly QueriedSeries[]> {
    const now = Date.now() / 1000;
    const parameters = new URLSearchParams({
      query: expr,
      start: String(now - 60),
      end: String(now),
      step: '1',
    });
    const response = await fetch(`${this.#url}/api/v1/query_range?${parameters.toString()}`);
    // As the API of Prometheus documents it.
    const answer = (await response.json()) as {
      error?: string;
      data?: { result: QueriedSeries[] };
    };
    if (answer.data === undefined) {
      throw new Error(`${expr}: ${answer.error}`);
    }
    return answer.data.result;
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill();
    await exited;
    rmSync(this.#dataFolder, { recursive: true });
  }

  #isReady(): Promise<boolean> {
    return fetch(`${this.#url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

function configurationFor(target: string): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'kube-ipvs', static_configs: [{ targets: [target] }] }],
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') {
    throw new Error('a TCP server without a port');
  }
  return address.port;
}
