import assert from 'node:assert/strict';
import { FaultWorld } from '../../../support/fault-world.ts';
import { paths } from '../../../support/model-api.ts';
import type { Fault } from '../../../support/model-transport.ts';

/** Before the headers, after them, and after each character of the body. */
function cutsOf(bodyLength: number): readonly Fault[] {
  return Array.from({ length: bodyLength + 2 }, (_cut, index) => ({
    kind: 'cut',
    after: index - 1,
  }));
}

describe('a connection that is cut', function () {
  // Thousands of worlds; a busy machine takes its time.
  this.timeout(60_000);

  let bodyLength: number;

  /** Lets the first request whose path holds `part` meet the fault. */
  async function worldWith(part: RegExp, fault: Fault | undefined): Promise<FaultWorld> {
    const world = new FaultWorld();
    let met = false;
    world.transport.plan = (path) => {
      const isMeant = !met && part.test(path);
      met ||= isMeant;
      return isMeant ? fault : undefined;
    };
    world.begin();
    await world.clock.advance(0);
    return world;
  }

  function listLength(world: FaultWorld, path: keyof typeof paths): number {
    let length = 0;
    world.model.answer(`${paths[path]}?limit=500`, {
      head: () => undefined,
      write: (text) => {
        length += text.length;
      },
      end: () => undefined,
      break: () => undefined,
    });
    return length;
  }

  for (const [path, name] of [
    ['services', 'services'],
    ['slices', 'endpointslices'],
    ['nodes', 'nodes'],
  ] as const) {
    it(`at any point of a list of ${name} costs one more list`, async () => {
      const list = new RegExp(`${name}\\?(?!.*watch)`);
      bodyLength = listLength(new FaultWorld(), path);
      assert.ok(bodyLength > 100);
      for (const cut of cutsOf(bodyLength)) {
        const world = await worldWith(list, cut);
        assert.equal(world.store.synced, name === 'nodes', 'no half list is taken');
        await world.clock.advance(400);
        world.assertRight();
        assert.equal(world.store.synced, true);
        assert.equal(world.observer.count(`list ${name}`), 2);
        assert.equal(world.observer.count(`watch ${name}`), 1);
        await world.stop();
      }
    });
  }

  it('at any point of a watch costs one more watch, and no list', async () => {
    const isWatch = /services\?.*watch/;
    const act = (world: FaultWorld): void => {
      world.putService('one', 81);
      world.putService('keep-a', 82);
      world.removeService('one');
      world.putService('two', 83);
    };
    bodyLength = 0;
    const whole = await worldWith(isWatch, undefined);
    whole.model.answer(`${paths.services}?watch=true&resourceVersion=${whole.model.version}`, {
      head: () => undefined,
      write: (text) => {
        bodyLength += text.length;
      },
      end: () => undefined,
      break: () => undefined,
    });
    act(whole);
    await whole.stop();
    assert.ok(bodyLength > 800);
    for (const cut of cutsOf(bodyLength)) {
      const world = await worldWith(isWatch, cut);
      act(world);
      await world.clock.advance(400);
      world.assertRight();
      assert.equal(world.observer.count('list services'), 1);
      assert.equal(world.observer.count('version check services'), 1);
      assert.equal(world.observer.count('watch services'), 2);
      await world.stop();
    }
  });

  it('in any page of a list costs that page again, and no other', async () => {
    const pages = [/^(?!.*continue)/, /continue/, /continue/];
    for (const [index, page] of pages.entries()) {
      for (const after of [-1, 0, 1, 100, 5000, 20_000]) {
        const world = new FaultWorld();
        for (let number = 0; number < 1100; number += 1) {
          world.putService(`web-${number}`);
        }
        let pageNumber = 0;
        world.transport.plan = (path) => {
          if (!/services\?(?!.*watch)/.test(path)) {
            return undefined;
          }
          pageNumber += 1;
          const isMeant = pageNumber === index + 1;
          assert.equal(isMeant && !page.test(path), false);
          return isMeant ? { kind: 'cut', after } : undefined;
        };
        world.begin();
        await world.clock.advance(400);
        world.assertRight();
        assert.equal(pageNumber, 4);
        await world.stop();
      }
    }
  });
});
