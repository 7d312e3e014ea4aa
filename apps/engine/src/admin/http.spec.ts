import type { EngineHealth } from '../engine.js';
import { startAdmin, type AdminServer } from './http.js';
import { PrometheusMetrics } from './metrics.js';

const shard = {
  shardId: 's0',
  symbols: 1,
  position: '7',
  checkpoint: '7',
  stalledMs: 12,
  unpublished: 3,
  snapshotAgeMs: 40,
};
let server: AdminServer | undefined;
let health: EngineHealth;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function get(path: string, method = 'GET') {
  const metrics = new PrometheusMetrics();
  metrics.count('fills', 3, 's0');
  metrics.gauge('in_flight', 2, 's0');
  server = await startAdmin({ host: '127.0.0.1', port: 0, registry: metrics.registry, health: () => health });
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: answer.status, text: await answer.text() };
}

test.each<[EngineHealth['state'], number, number, number]>([
  ['starting', 12, 200, 503],
  ['running', 12, 200, 200],
  ['running', 5_000, 200, 503],
  ['stopping', 12, 200, 503],
  ['failed', 12, 503, 503],
])('%s with a shard stalled for %i ms: /health %i, /ready %i', async (state, stalledMs, healthy, ready) => {
  health = { state, epoch: 1, shards: [{ ...shard, stalledMs }] };
  expect((await get('/health')).status).toBe(healthy);
  await server!.close();
  const answer = await get('/ready');
  expect(answer.status).toBe(ready);
  expect(JSON.parse(answer.text)).toEqual(health);
});

test('/metrics shows counters and gauges', async () => {
  const { text } = await get('/metrics');
  expect(text).toContain('supernoba_engine_fills_total{shard="s0"} 3');
  expect(text).toContain('supernoba_engine_in_flight{shard="s0"} 2');
});

test('other paths and methods have errors of their own', async () => {
  expect(await get('/secret')).toMatchObject({ status: 404 });
  await server!.close();
  expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 });
});
