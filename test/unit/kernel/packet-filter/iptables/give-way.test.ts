import assert from 'node:assert/strict';
import { tablesOf } from '../../../../../src/kernel/packet-filter/iptables/chains.ts';
import {
  describeGiveWay,
  giveWayText,
} from '../../../../../src/kernel/packet-filter/iptables/give-way.ts';

const settings = {
  masqueradeAll: false,
  masqueradeBit: 14,
  rangeMarks: 0x107f,
  local: { kind: 'none' },
  randomFully: true,
} as const;

/** As `iptables-save` prints our tables, with a chain of others in each. */
const inPlace = tablesOf('IPv4', settings)
  .map(({ name, chains, jumps }) =>
    [
      `*${name}`,
      ...chains.map((chain) => `:${chain.name} - [0:0]`),
      ':OTHERS - [0:0]',
      ...jumps.map(({ from, rule }) => `-A ${from} ${rule}`),
      '-A OUTPUT -j OTHERS',
      ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`)),
      'COMMIT',
      '',
    ].join('\n'),
  )
  .join('');

describe('the text that takes our rules out for a kube-proxy', () => {
  const text = giveWayText('IPv4', settings, inPlace);

  it('leaves the masquerade of what leaves with a VIP, and no other rule', () => {
    assert.deepEqual(text.match(/^-[AI] .*$/gm), [
      '-A KIPVS-POSTROUTING -m set --match-set kube-ipvs-vip-4 src -j MASQUERADE --random-fully',
    ]);
    assert.doesNotMatch(text, /^-D POSTROUTING|^-X KIPVS-POSTROUTING/m);
  });

  it('deletes every other chain, and the jumps to them', () => {
    const chains = tablesOf('IPv4', settings).flatMap((table) => table.chains);
    const deleted = [...text.matchAll(/^-X (\S+)$/gm)].map(([, name]) => name);
    const others = chains.map(({ name }) => name).filter((name) => name !== 'KIPVS-POSTROUTING');
    assert.deepEqual(deleted.toSorted(), others.toSorted());
    for (const { jumps } of tablesOf('IPv4', settings)) {
      for (const { from, to, rule } of jumps.filter((jump) => jump.to !== 'KIPVS-POSTROUTING')) {
        assert.ok(text.includes(`-D ${from} ${rule}\n`), `${from} to ${to}`);
      }
    }
  });

  it('is told as what is done to each chain and jump of each table', () => {
    const told = describeGiveWay(text, 'iptables-nft');
    const tables = tablesOf('IPv4', settings);
    const chains = tables.flatMap(({ name, chains: all }) =>
      all.map((chain) =>
        chain.name === 'KIPVS-POSTROUTING'
          ? `empty chain ${chain.name} of table nat (iptables-nft), but for the masquerade of what leaves with a VIP`
          : `delete chain ${chain.name} of table ${name} (iptables-nft)`,
      ),
    );
    const rules = tables.flatMap(({ name, jumps }) =>
      jumps
        .filter(({ to }) => to !== 'KIPVS-POSTROUTING')
        .map(({ from, rule }) => `delete rule -A ${from} ${rule} of table ${name} (iptables-nft)`),
    );
    assert.deepEqual(told.toSorted(), [...chains, ...rules].toSorted());
    assert.deepEqual(describeGiveWay('', 'iptables-nft'), []);
  });

  it('names sets as the rules do that are there: a spare, where they look into that', () => {
    const spares = inPlace.replaceAll(/(kube-ipvs-(?:vip|empty)-4) /g, '$1-b ');
    assert.notEqual(spares, inPlace);
    assert.deepEqual(giveWayText('IPv4', settings, spares).match(/^-[AI] .*$/gm), [
      '-A KIPVS-POSTROUTING -m set --match-set kube-ipvs-vip-4-b src -j MASQUERADE --random-fully',
    ]);
  });

  it('touches nothing of others, and is empty where nothing of ours is', () => {
    assert.ok(!text.includes('OTHERS'));
    assert.equal(giveWayText('IPv4', settings, '*nat\n:OTHERS - [0:0]\nCOMMIT\n'), '');
  });
});
