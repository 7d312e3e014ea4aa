import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisContext } from './context.js';
import { KinesisError, limitExceeded, serialization, throughputExceeded } from './errors.js';
import type { FaultPlan, Faults } from './faults.js';
import { Fields, isObject, type JsonObject } from './fields.js';
import type { HttpAnswer, HttpRequest } from './listener.js';
import { operations, SUBSCRIBE } from './operations/index.js';
import { streamOfIterator } from './operations/get-records.js';
import { readBody } from './request-body.js';

const TARGET = /^Kinesis_20131202\.(\w+)$/;
const JSON_TYPE = 'application/x-amz-json-1.1';
const EVENT_TYPE = 'application/vnd.amazon.eventstream';

/** Carries out one request of the Kinesis API (AwsJson1_1) and answers it, or hangs up where a fault says so. */
export async function serveApi(
  context: KinesisContext,
  faults: Faults,
  request: HttpRequest,
  answer: HttpAnswer,
  hangUp: () => void,
): Promise<void> {
  answer.setHeader('x-amzn-requestid', randomUUID());
  try {
    const body = await readBody(request);
    const operation = operationOf(request);
    const input = parse(body);
    const plan = faults.plan(operation, streamNameOf(input));
    if (plan.delayBeforeMs > 0) await sleep(plan.delayBeforeMs);
    if (plan.dropBefore) return hangUp();
    await run(context, operation, new Fields(input), plan, answer, hangUp);
  } catch (error) {
    if (request.complete) answerError(context, answer, error);
    else context.log('info', 'a client went away before its request was complete', { error: String(error) });
  }
}

async function run(
  context: KinesisContext,
  operation: string,
  fields: Fields,
  plan: FaultPlan,
  answer: HttpAnswer,
  hangUp: () => void,
): Promise<void> {
  if (operation !== 'PutRecord' && operation !== 'PutRecords' && plan.throttled()) {
    throw operation === 'GetRecords' || operation === 'GetShardIterator'
      ? throughputExceeded('Rate exceeded (injected fault).')
      : limitExceeded('Rate exceeded (injected fault).');
  }
  const carriedOut = operation === SUBSCRIBE ? context.subscriptions.prepare(context, fields) : undefined;
  const output = carriedOut === undefined ? await operations.get(operation)?.(context, fields, plan) : undefined;
  if (plan.delayAfterMs > 0) await sleep(plan.delayAfterMs);
  if (plan.dropAfter) return hangUp();
  if (carriedOut !== undefined) {
    answer.setHeader('content-type', EVENT_TYPE);
    answer.statusCode = 200;
    carriedOut(answer);
    return;
  }
  send(answer, 200, output);
}

/** @throws KinesisError where the request is not for this API, of another encoding, or not signed */
function operationOf({ method, headers }: HttpRequest): string {
  const operation = TARGET.exec(String(headers['x-amz-target'] ?? ''))?.[1];
  if (method !== 'POST' || operation === undefined || !(operations.has(operation) || operation === SUBSCRIBE)) {
    throw new KinesisError(
      'UnknownOperationException',
      `There is no operation ${operation ?? 'without x-amz-target'} here.`,
    );
  }
  const type = String(headers['content-type'] ?? '')
    .split(';')[0]
    ?.trim();
  if (type !== JSON_TYPE) {
    throw new KinesisError(
      'UnsupportedMediaTypeException',
      `This server speaks ${JSON_TYPE} only, not ${type === '' ? 'an unnamed type' : type} (clients with CBOR have a switch for it).`,
      415,
    );
  }
  if (!String(headers['authorization'] ?? '').startsWith('AWS4-HMAC-SHA256 ')) {
    throw new KinesisError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  return operation;
}

function parse(body: Buffer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw serialization('The body is not valid JSON.');
  }
  if (!isObject(value)) throw serialization('The body is not a JSON object.');
  return value;
}

/** As far as a fault rule needs it: wrong input is judged later. */
function streamNameOf(input: JsonObject): string | undefined {
  const { StreamName: name, StreamARN: arn, ConsumerARN: consumer, ShardIterator: iterator } = input;
  if (typeof name === 'string') return name;
  const longName = typeof arn === 'string' ? arn : consumer;
  if (typeof longName === 'string') return /:stream\/([\w.-]+)/.exec(longName)?.[1];
  return typeof iterator === 'string' ? streamOfIterator(iterator) : undefined;
}

function answerError(context: KinesisContext, answer: HttpAnswer, error: unknown): void {
  if (error instanceof KinesisError) {
    answer.setHeader('x-amzn-errortype', error.type);
    send(answer, error.status, { __type: error.type, message: error.message });
    return;
  }
  context.log('error', 'a request failed unexpectedly', {
    error: error instanceof Error ? error.stack : String(error),
  });
  send(answer, 500, { __type: 'InternalFailure', message: 'Internal Service Failure' });
}

/** An operation without output is answered with an empty body, as AWS does. */
function send(answer: HttpAnswer, status: number, output: JsonObject | undefined): void {
  const body = output === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(output), 'utf8');
  answer.statusCode = status;
  answer.setHeader('content-type', JSON_TYPE);
  answer.setHeader('content-length', body.length);
  answer.end(body);
}
