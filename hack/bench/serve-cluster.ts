import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ModelApi,
  paths,
  type AnswerSink,
  type ModelObject,
} from '../../test/support/model-api.ts';
import { systemClock } from '../../src/source/api-server/clock.ts';
import { clusterManifest, type ClusterSize } from './synthetic-cluster.ts';

/**
 * An API server with a synthetic cluster, as a process of its own:
 *
 *     node hack/bench/serve-cluster.ts SERVICES ENDPOINTS
 *
 * prints its URL and serves until it is killed.
 */
function main([services = '', endpoints = '']: readonly string[]): void {
  const model = modelOf({ services: Number(services), endpoints: Number(endpoints) });
  const server = createServer((request, response) => {
    const leave = model.answer(request.url ?? '/', sinkOf(response));
    response.on('close', leave);
  });
  server.listen(0, '127.0.0.1', () => {
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    console.log(`http://127.0.0.1:${port}`);
  });
}

function modelOf(size: ClusterSize): ModelApi {
  const items = clusterManifest(size)['items'] as readonly ModelObject[]; // made so
  const model = new ModelApi(systemClock);
  const kinds = { Service: paths.services, EndpointSlice: paths.slices, Node: paths.nodes };
  for (const [kind, path] of Object.entries(kinds)) {
    const objects = items.filter((item) => item['kind'] === kind);
    model.load(path, objects.map(asServed), 1000);
  }
  return model;
}

/** What a server adds to each object, the bulk of which nobody reads. */
function asServed(object: ModelObject): ModelObject {
  const fields = Object.fromEntries(
    Object.keys(object).map((name) => [`f:${name}`, { '.': {}, 'f:anything': {} }]),
  );
  const managedFields = ['kubectl', 'kube-controller-manager'].map((manager) => ({
    manager,
    operation: 'Update',
    apiVersion: object['apiVersion'],
    time: '2025-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  }));
  return { ...object, metadata: { ...object.metadata, resourceVersion: '900', managedFields } };
}

function sinkOf(response: ServerResponse): AnswerSink {
  return {
    head: (status, headers) => {
      response.writeHead(status, headers).flushHeaders();
    },
    write: (text) => {
      response.write(text);
    },
    end: () => {
      response.end();
    },
    break: () => {
      response.destroy();
    },
  };
}

main(process.argv.slice(2));
