import { readFileSync } from 'node:fs';
import { startApp } from '../support/app.js';
import { get } from '../support/client.js';
import { isPromtoolThere, promtool, samplesOf } from '../support/prometheus.js';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const ALERTS = read('deploy/alerts.yml');
const DASHBOARD = read('deploy/grafana-dashboard.json');
const GUIDE = read('docs/monitoring.md');

const namesIn = (text: string) => new Set(text.match(/\bordermill_\w+/g));

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; datasource: { uid: string } }[];
}

const PANELS = (JSON.parse(DASHBOARD) as { panels: Panel[] }).panels;

describe('what is given to Prometheus and Grafana', () => {
  let samples: Set<string>;
  let families: Set<string>;
  beforeAll(async () => {
    const server = await startApp();
    const { body } = await get(`${server.url}/metrics/prometheus`);
    await server.close();
    samples = new Set([...samplesOf(body).keys()].map((sample) => sample.replace(/\{.*/, '')));
    families = new Set([...(body as string).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  });

  it.each([
    ['deploy/alerts.yml', ALERTS],
    ['deploy/alerts.test.yml', read('deploy/alerts.test.yml')],
    ['deploy/grafana-dashboard.json', DASHBOARD],
  ])('names nothing in %s that a scrape does not have', (_, text) => {
    const names = [...namesIn(text)];
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !samples.has(name))).toEqual([]);
  });

  it('tells of each metric in docs/monitoring.md, and of no other', () => {
    const rows = [...GUIDE.matchAll(/^\| `(ordermill_\w+)/gm)].map(([, name = '']) => name);
    expect(rows.toSorted()).toEqual([...families].toSorted());
    const known = new Set([...samples, ...families, 'ordermill_process_']);
    expect([...namesIn(GUIDE)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('tells of each alert in docs/monitoring.md, and tries whether it fires and whether it is quiet', () => {
    const alerts = [...ALERTS.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
    const told = [...GUIDE.matchAll(/^\| `(Ordermill\w+)`/gm)].map(([, name = '']) => name);
    expect(told.toSorted()).toEqual(alerts.toSorted());
    const tests = [...read('deploy/alerts.test.yml').matchAll(/name: (\w+) (fires|does not fire)$/gm)];
    expect(tests.map(([, name, how]) => `${name} ${how}`).toSorted()).toEqual(
      alerts.flatMap((name) => [`${name} does not fire`, `${name} fires`]).toSorted(),
    );
  });

  it('has panels with an id each, side by side, that ask the chosen data source', () => {
    expect(new Set(PANELS.map(({ id }) => id)).size).toBe(PANELS.length);
    const cells = PANELS.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...PANELS.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    const drawn = PANELS.filter(({ type }) => type !== 'row');
    for (const { targets = [] } of drawn) {
      expect(targets.length).toBeGreaterThan(0);
      for (const { datasource, expr } of targets)
        expect([datasource.uid, expr]).toEqual(['${datasource}', expect.stringContaining('$job')]);
    }
  });

  const withPromtool = isPromtoolThere() ? it : it.skip;

  withPromtool.each([
    ['check', 'rules', 'deploy/alerts.yml'],
    ['test', 'rules', 'deploy/alerts.test.yml'],
    ['check', 'config', 'deploy/prometheus.yml'],
  ])('passes promtool %s %s %s', (...parameters) => {
    const { status, said } = promtool(parameters);
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
