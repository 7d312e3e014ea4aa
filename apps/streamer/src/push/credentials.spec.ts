import { CredentialCache, type ExpiringCredentials } from './credentials.js';

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2025-12-14T00:00:00Z');
const settle = () => new Promise((resolve) => setImmediate(resolve));

function credentials(accessKeyId: string, expiresMs?: number): ExpiringCredentials {
  return { accessKeyId, secretAccessKey: 's', ...(expiresMs === undefined ? {} : { expiration: new Date(expiresMs) }) };
}

function cacheOf(...answers: (ExpiringCredentials | Error)[]) {
  const changes: unknown[] = [];
  let calls = 0;
  const provider = () => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as ExpiringCredentials);
  };
  return { cache: new CredentialCache(provider, (error) => changes.push(error)), changes, calls: () => calls };
}

test('static credentials are asked for once', async () => {
  const { cache, calls } = cacheOf(credentials('one'));
  expect(cache.at(START_MS)).toBeUndefined();
  await settle();
  expect(cache.at(START_MS)?.accessKeyId).toBe('one');
  expect(cache.at(START_MS + 365 * 24 * 60 * MINUTE_MS)?.accessKeyId).toBe('one');
  expect(calls()).toBe(1);
});

test('temporary credentials are renewed before they expire, the old ones serving meanwhile', async () => {
  const { cache, calls } = cacheOf(
    credentials('one', START_MS + 60 * MINUTE_MS),
    credentials('two', START_MS + 120 * MINUTE_MS),
  );
  await cache.renew(START_MS);
  expect(cache.at(START_MS + 54 * MINUTE_MS)?.accessKeyId).toBe('one');
  expect(calls()).toBe(1);
  expect(cache.at(START_MS + 56 * MINUTE_MS)?.accessKeyId).toBe('one');
  await settle();
  expect(cache.at(START_MS + 56 * MINUTE_MS)?.accessKeyId).toBe('two');
  expect(calls()).toBe(2);
});

test('a failing provider is tried at most once a second, told once, and expired credentials are not used', async () => {
  const failure = new Error('no credentials');
  const { cache, changes, calls } = cacheOf(
    credentials('one', START_MS + 10 * MINUTE_MS),
    failure,
    failure,
    credentials('two'),
  );
  await cache.renew(START_MS);
  const dueMs = START_MS + 6 * MINUTE_MS;
  for (let index = 0; index < 10; index++) {
    expect(cache.at(dueMs + index)?.accessKeyId).toBe('one');
    await settle();
  }
  expect(calls()).toBe(2);
  expect(cache.at(START_MS + 10 * MINUTE_MS)).toBeUndefined();
  await settle();
  expect(calls()).toBe(3);
  expect(changes).toEqual([failure]);
  cache.at(START_MS + 10 * MINUTE_MS + 1_000);
  await settle();
  expect(cache.at(START_MS + 10 * MINUTE_MS + 1_000)?.accessKeyId).toBe('two');
  expect(changes).toEqual([failure, undefined]);
});
