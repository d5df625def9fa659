import type { Bench } from '../bench.ts';
import type { Section } from '../report.ts';
import { whileEndpointsChange } from './while-endpoints-change.ts';

/** What it costs to be scraped and looked at, and whether changes wait for it. */
export async function measureLookedAt(bench: Bench): Promise<Section[]> {
  const measured = await whileEndpointsChange(bench, 'looked at', {
    mostChanges: 3000,
    usualTail: 'p99 that nobody looks at',
  });
  const { services, endpoints, changes, figure, tail } = measured;
  return [
    {
      title: `looked at: ${services} Services x ${endpoints}, while endpoints change`,
      notes: [
        `${changes} changes, one every 10 ms: to a daemon that nobody looks at; then while counters are read`,
        'every ten seconds, another process scrapes once a second and one asks every two seconds for what the',
        'open status page shows; and then while show -o json asks for everything one time after the other, too.',
        'What each takes by itself is measured without changes, from the request to the end of the answer.',
      ],
      figures: [
        figure('p50 that nobody looks at', 'usual p50'),
        figure('p99 that nobody looks at', 'usual p99'),
        figure('p50 while scraped, status page open', 'looked at p50'),
        tail('p99 while scraped, status page open', 'looked at p99'),
        figure('p50 while show -o json runs, too', 'shown p50'),
        tail('p99 while show -o json runs, too', 'shown p99'),
        figure('scrapes meanwhile', 'scrapes', 'count'),
        figure('looks of the status page meanwhile', 'pages', 'count'),
        figure('resident memory before', 'resident before', 'MB'),
        figure('the most resident while looked at', 'most resident', 'MB'),
        figure('a scrape', 'a scrape'),
        figure('what it brings', 'a scrape, kB', 'kB'),
        figure('a look of the status page', 'a page'),
        figure('what it brings', 'a page, kB', 'kB'),
        figure('a search through all Services', 'a search'),
        figure('what it brings', 'a search, kB', 'kB'),
        figure('show -o json, from its start to its end', 'a show'),
        figure('what it prints', 'a show, kB', 'kB'),
        figure('the most that it has resident', 'a show, MB', 'MB'),
      ],
    },
  ];
}
