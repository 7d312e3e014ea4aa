import { eventually } from '@supernoba/testing';
import type { Gateway } from '../../src/gateway/index.js';
import { OBEY, PRINT, Rig } from './rig.js';

const rig = new Rig();
afterEach(() => rig.close());

function trigger(gateway: Gateway, name: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.managementPort}/_local/schedules/${name}`, { method: 'POST', headers });
}

test('a schedule invokes its Lambda by the clock with the event of EventBridge', async () => {
  const printer = await rig.lambda(PRINT);
  await rig.gateway({
    lambdas: { printer },
    region: 'us-east-1',
    schedules: [{ name: 'backup', lambda: 'printer', everyMs: 50, detail: { full: true } }],
  });
  await eventually(() => rig.lines.length >= 3);
  expect(rig.events()[0]).toEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: 'us-east-1',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/backup'],
    detail: { full: true },
  });
  expect(new Set(rig.events().map((event) => event.id)).size).toBe(rig.events().length);
});

test('a schedule can be run now, and its result is the answer', async () => {
  const lambda = await rig.lambda(
    `export const handler = async (event) => ({ saved: 3, by: event.resources[0].split('/')[1] });`,
  );
  const gateway = await rig.gateway({
    lambdas: { lambda },
    schedules: [{ name: 'trades-backup', lambda: 'lambda', everyMs: 600_000 }],
  });
  const answer = await trigger(gateway, 'trades-backup');
  expect([answer.status, await answer.json()]).toEqual([200, { saved: 3, by: 'trades-backup' }]);
});

test('an unknown schedule is 404, a failing Lambda 502, a page 403', async () => {
  const lambda = await rig.lambda(`export const handler = () => { throw new Error('no'); };`);
  const gateway = await rig.gateway({
    lambdas: { lambda },
    schedules: [{ name: 'a', lambda: 'lambda', everyMs: 600_000 }],
  });
  expect((await trigger(gateway, 'b')).status).toBe(404);
  expect((await trigger(gateway, 'a')).status).toBe(502);
  expect((await trigger(gateway, 'a', { origin: 'https://a.example' })).status).toBe(403);
});

test('a run that is due while the last one goes on is left out, and said to be', async () => {
  const slow = await rig.lambda(
    `export const handler = async () => { console.log('run'); await new Promise((resolve) => setTimeout(resolve, 400)); };`,
  );
  await rig.gateway({ lambdas: { slow }, schedules: [{ name: 'slow', lambda: 'slow', everyMs: 50 }] });
  await eventually(() => rig.logged.length >= 3 && rig.lines.length > 0);
  expect(rig.lines).toEqual(['[tested] run']);
  expect(rig.logged[0]).toMatchObject({
    level: 'warn',
    message: 'a run was left out: the last one goes on',
    fields: { schedule: 'slow' },
  });
});

test('a failed run is logged, and the next one comes', async () => {
  const failing = await rig.lambda(`export const handler = () => { console.log('run'); throw new Error('no'); };`);
  await rig.gateway({ lambdas: { failing }, schedules: [{ name: 'failing', lambda: 'failing', everyMs: 50 }] });
  // On a slow machine a run may still go on when the next one is due, which is said too.
  const failures = () =>
    rig.logged.filter(({ level, fields }) => level === 'error' && fields?.['schedule'] === 'failing');
  await eventually(() => rig.lines.length >= 2 && failures().length >= 2);
  expect(failures()[0]).toMatchObject({ message: 'a scheduled run failed', fields: { schedule: 'failing' } });
});

test('closing ends the clock and lets the run under way end', async () => {
  const lambda = await rig.lambda(OBEY);
  const slow = { invoke: () => lambda.invoke({ waitMs: 300, say: 'done' }) };
  const gateway = await rig.gateway({
    lambdas: { slow },
    schedules: [{ name: 'slow', lambda: 'slow', everyMs: 600_000 }],
  });
  const running = trigger(gateway, 'slow');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await gateway.close();
  expect((await running).status).toBe(200);
  expect(rig.lines).toEqual(['[tested] done']);
});
