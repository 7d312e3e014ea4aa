import { eventually } from '@supernoba/testing';
import { startLambda, type LambdaError } from '../../src/lambda-host/index.js';
import { buildRunner, ECHO, OBEY, Rig, writeModule } from './rig.js';

const rig = new Rig();
afterEach(() => rig.close());

/** The code and payload an invocation fails with. */
async function failureOf(invocation: Promise<unknown>) {
  const error = await invocation.then(
    (result) => {
      throw new Error(`succeeded with ${JSON.stringify(result)}`);
    },
    (failure: LambdaError) => failure,
  );
  return { code: error.code, type: error.payload.errorType, message: error.payload.errorMessage };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a handler gets the event as JSON carries it, and its result comes back the same way', async () => {
  const lambda = await rig.lambda(
    `export const handler = async (event) => ({ event, when: new Date(0), none: undefined });`,
  );
  expect(await lambda.invoke({ a: [1, null, 'ü'], dropped: undefined })).toEqual({
    event: { a: [1, null, 'ü'] },
    when: '1970-01-01T00:00:00.000Z',
  });
});

test('a handler that returns nothing answers null', async () => {
  const lambda = await rig.lambda(`export const handler = async () => {};`);
  expect(await lambda.invoke({})).toBeNull();
});

test('the context names the function and the request and counts the time down', async () => {
  const lambda = await rig.lambda(
    `export const handler = async (event, context) => {
       const before = context.getRemainingTimeInMillis();
       await new Promise((resolve) => setTimeout(resolve, 60));
       return { ...context, before, after: context.getRemainingTimeInMillis() };
     };`,
    { name: 'order-router', env: { AWS_REGION: 'ap-northeast-2' }, timeoutMs: 3000, memoryMb: 128 },
  );
  const context = (await lambda.invoke({})) as Record<string, number>;
  expect(context).toEqual({
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    functionName: 'order-router',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:ap-northeast-2:000000000000:function:order-router',
    memoryLimitInMB: '128',
    logGroupName: '/aws/lambda/order-router',
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    before: expect.any(Number),
    after: expect.any(Number),
  });
  expect(context['before']).toBeGreaterThan(2000);
  expect(context['before']).toBeLessThanOrEqual(3000);
  expect(context['after']).toBeLessThan(context['before'] ?? 0);
});

test('a function sees its own variables and none of the host, but PATH', async () => {
  process.env['GATEWAY_TEST_SECRET'] = 'of the host';
  const lambda = await rig.lambda(`export const handler = async () => process.env;`, { env: { STAGE: 'local' } });
  delete process.env['GATEWAY_TEST_SECRET'];
  const env = (await lambda.invoke({})) as Record<string, string>;
  expect(env).toMatchObject({ STAGE: 'local', AWS_LAMBDA_FUNCTION_NAME: 'tested', PATH: process.env['PATH'] });
  expect(env).not.toHaveProperty('GATEWAY_TEST_SECRET');
  expect(env).not.toHaveProperty('HOME');
});

test('lines on stdout and stderr come with the name of the function', async () => {
  const lambda = await rig.lambda(
    `export const handler = async () => { console.log('one\\ntwo'); console.error('three'); process.stdout.write('rest'); };`,
    { name: 'chart' },
  );
  await lambda.invoke({});
  await lambda.close();
  await eventually(() => rig.lines.length === 4);
  expect([...rig.lines].sort()).toEqual(['[chart] one', '[chart] rest', '[chart] three', '[chart] two']);
});

test('a thrown error fails the invocation with its type and message, and the function lives on', async () => {
  const lambda = await rig.lambda(OBEY);
  const { pid } = lambda;
  expect(await failureOf(lambda.invoke({ throw: 'no' }))).toEqual({
    code: 'FUNCTION_ERROR',
    type: 'TypeError',
    message: 'no',
  });
  expect(await lambda.invoke({ result: 1 })).toBe(1);
  expect(lambda.pid).toBe(pid);
});

test('a result that is no JSON fails the invocation', async () => {
  const lambda = await rig.lambda(`export const handler = async () => ({ n: 1n });`);
  expect(await failureOf(lambda.invoke({}))).toMatchObject({
    code: 'FUNCTION_ERROR',
    message: 'Unable to stringify response body',
  });
});

test('a result over 6 MB fails the invocation', async () => {
  const lambda = await rig.lambda(`export const handler = async () => 'x'.repeat(6_300_000);`);
  expect(await failureOf(lambda.invoke({}))).toMatchObject({
    code: 'FUNCTION_ERROR',
    type: 'Function.ResponseSizeTooLarge',
  });
});

test('an event over 6 MB is refused', async () => {
  const lambda = await rig.lambda(ECHO);
  expect(await failureOf(lambda.invoke('x'.repeat(6_300_000)))).toMatchObject({
    code: 'TOO_LARGE',
    type: 'RequestEntityTooLargeException',
  });
});

test('an invocation over the timeout fails as Lambda says it, and the next one finds a fresh process', async () => {
  const lambda = await rig.lambda(OBEY, { timeoutMs: 300 });
  const { pid } = lambda;
  expect(await failureOf(lambda.invoke({ waitMs: 60_000 }))).toEqual({
    code: 'TIMEOUT',
    type: 'Sandbox.Timedout',
    message: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.30 seconds$/),
  });
  expect(await lambda.invoke({ result: 'well' })).toBe('well');
  expect(lambda.pid).not.toBe(pid);
  await eventually(() => !isAlive(pid ?? 0));
});

test('a handler that never yields does not hold up the invocations after its timeout', async () => {
  const lambda = await rig.lambda(OBEY, { timeoutMs: 500 });
  const hung = failureOf(lambda.invoke({ spin: true }));
  expect(await hung).toMatchObject({ code: 'TIMEOUT' });
  expect(await lambda.invoke({ result: 'well' })).toBe('well');
});

test('an invocation under way in the same process survives the timeout of another', async () => {
  const lambda = await rig.lambda(OBEY, { timeoutMs: 600 });
  const first = failureOf(lambda.invoke({ waitMs: 60_000 }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const second = lambda.invoke({ waitMs: 500, result: 'late but well' });
  expect(await first).toMatchObject({ code: 'TIMEOUT' });
  expect(await second).toBe('late but well');
});

test('a crash fails the invocations under way, and the function comes back', async () => {
  const lambda = await rig.lambda(OBEY);
  const outcomes = await Promise.all([
    failureOf(lambda.invoke({ waitMs: 60_000 })),
    failureOf(lambda.invoke({ waitMs: 50, exit: 3 })),
  ]);
  expect(outcomes).toEqual([
    {
      code: 'CRASHED',
      type: 'Runtime.ExitError',
      message: expect.stringMatching(/Runtime exited with error: exit status 3$/),
    },
    {
      code: 'CRASHED',
      type: 'Runtime.ExitError',
      message: expect.stringMatching(/Runtime exited with error: exit status 3$/),
    },
  ]);
  expect(await lambda.invoke({ result: 'back' })).toBe('back');
});

test('an invocation that waits for its turn is not lost when the process is killed', async () => {
  const lambda = await rig.lambda(OBEY, { concurrency: 1 });
  const running = failureOf(lambda.invoke({ waitMs: 60_000 }));
  const waiting = lambda.invoke({ result: 'my turn' });
  process.kill(lambda.pid ?? 0, 'SIGKILL');
  expect(await running).toMatchObject({ code: 'CRASHED', message: expect.stringContaining('signal: SIGKILL') });
  expect(await waiting).toBe('my turn');
});

test('repeated crashes are answered with longer and longer pauses', async () => {
  const pauseAfterCrash = async (lambda: Awaited<ReturnType<typeof rig.lambda>>) => {
    await failureOf(lambda.invoke({ exit: 1 }));
    const began = performance.now();
    await lambda.invoke({ result: 'back' });
    return performance.now() - began;
  };
  const lambda = await rig.lambda(OBEY);
  for (let i = 0; i < 3; i++) await pauseAfterCrash(lambda);
  expect(await pauseAfterCrash(lambda)).toBeGreaterThan(800);
  // A busy machine may start a process in more time than the first pause takes: then another one shows it.
  await eventually(async () => (await pauseAfterCrash(await rig.lambda(OBEY))) < 400);
});

test('no more run at a time than the bound, and those that wait begin in order', async () => {
  const lambda = await rig.lambda(
    `let running = 0, most = 0; const order = [];
     export const handler = async ({ n }) => {
       order.push(n); most = Math.max(most, ++running);
       await new Promise((resolve) => setTimeout(resolve, 20));
       running--; return { most, order };
     };`,
    { concurrency: 3 },
  );
  const results = await Promise.all(Array.from({ length: 12 }, (_, n) => lambda.invoke({ n })));
  expect(results.at(-1)).toEqual({ most: 3, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
});

test('more than the queue holds is refused with TooManyRequests, at once', async () => {
  const lambda = await rig.lambda(OBEY, { concurrency: 1, maxQueued: 2 });
  const taken = [1, 2, 3].map((result) => lambda.invoke({ waitMs: 30, result }));
  expect(await failureOf(lambda.invoke({}))).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    type: 'TooManyRequestsException',
  });
  expect(await Promise.all(taken)).toEqual([1, 2, 3]);
});

test('an invocation that waits too long for a place is given up without running', async () => {
  const lambda = await rig.lambda(OBEY, { concurrency: 1, maxWaitMs: 100 });
  const running = lambda.invoke({ waitMs: 1000, result: 'ended' });
  expect(await failureOf(lambda.invoke({ say: 'ran' }))).toEqual({
    code: 'UNAVAILABLE',
    type: 'ServiceException',
    message: 'no process was free within 100 ms',
  });
  expect(await running).toBe('ended');
  expect(rig.lines).toEqual([]);
});

test('a bundle without a handler does not start, and says why', async () => {
  const starting = startLambda({
    name: 'empty',
    file: writeModule('export const other = 1;'),
    runner: await buildRunner(),
  });
  expect(await failureOf(starting)).toEqual({
    code: 'UNAVAILABLE',
    type: 'Runtime.HandlerNotFound',
    message: 'main.mjs exports no function "handler"',
  });
});

test('a bundle that throws while it is imported does not start, and says why', async () => {
  const starting = startLambda({
    name: 'broken',
    file: writeModule(`throw new RangeError('no VALKEY_HOST');`),
    runner: await buildRunner(),
  });
  expect(await failureOf(starting)).toEqual({ code: 'UNAVAILABLE', type: 'RangeError', message: 'no VALKEY_HOST' });
});

test('a bundle that never finishes its import does not start', async () => {
  const file = writeModule(
    `await new Promise((resolve) => setTimeout(resolve, 60_000)); export const handler = () => {};`,
  );
  const starting = startLambda({ name: 'slow', file, runner: await buildRunner(), initTimeoutMs: 500 });
  expect(await failureOf(starting)).toMatchObject({ code: 'UNAVAILABLE', type: 'Runtime.InitTimeout' });
});

test('while a function cannot start again its invocations fail at once', async () => {
  const file = writeModule(
    `import { existsSync, writeFileSync } from 'node:fs';
     const mark = new URL('./started', import.meta.url);
     if (existsSync(mark)) throw new Error('only once');
     writeFileSync(mark, '');
     export const handler = () => process.exit(1);`,
  );
  const lambda = await rig.lambda('', { file });
  expect(await failureOf(lambda.invoke({}))).toMatchObject({ code: 'CRASHED' });
  expect(await failureOf(lambda.invoke({}))).toMatchObject({ code: 'UNAVAILABLE', message: 'only once' });
  expect(await failureOf(lambda.invoke({}))).toMatchObject({ code: 'UNAVAILABLE', message: 'only once' });
});

test('the process that takes invocations is told, also after a crash', async () => {
  const pids: (number | undefined)[] = [];
  const lambda = await rig.lambda(OBEY, { onPid: (pid) => pids.push(pid) });
  const first = lambda.pid;
  await failureOf(lambda.invoke({ exit: 1 }));
  await lambda.invoke({});
  expect(pids).toEqual([first, undefined, lambda.pid]);
});

test('closing fails what waits, lets what runs end, and leaves no process', async () => {
  const lambda = await rig.lambda(OBEY, { concurrency: 1 });
  const { pid } = lambda;
  const running = lambda.invoke({ waitMs: 50, result: 'ended' });
  const waiting = failureOf(lambda.invoke({}));
  await lambda.close();
  expect(await running).toBe('ended');
  expect(await waiting).toMatchObject({ code: 'CLOSED' });
  expect(await failureOf(lambda.invoke({}))).toMatchObject({ code: 'CLOSED' });
  expect(isAlive(pid ?? 0)).toBe(false);
});

test('closing does not wait for a handler that hangs', async () => {
  const lambda = await rig.lambda(OBEY);
  const hung = failureOf(lambda.invoke({ spin: true }));
  const began = performance.now();
  await lambda.close();
  expect(performance.now() - began).toBeLessThan(1500);
  expect(await hung).toMatchObject({ code: 'CRASHED' });
});
