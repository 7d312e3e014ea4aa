import { NAME_RULE, streamNamed, streamOf, type KinesisContext, type Operation } from '../context.js';
import { describeConsumer } from '../describe.js';
import { invalidArgument, limitExceeded, notFound, resourceInUse } from '../errors.js';
import type { Fields } from '../fields.js';
import { API } from '../limits.js';
import { consumerArn, streamArn, streamOfConsumerArn } from '../names.js';
import type { Consumer, Stream } from '../stream.js';
import { openPageToken, pageToken } from './paging.js';

interface Found {
  readonly stream: Stream;
  readonly consumer: Consumer;
}

const register: Operation = (context, fields) => {
  const name = fields.requiredText('ConsumerName', NAME_RULE);
  fields.requiredText('StreamARN');
  fields.unsupported('Tags');
  const stream = streamOf(context, fields);
  const { accountId } = context.account;
  const status = stream.status(context.now());
  if (status !== 'ACTIVE' && status !== 'UPDATING') {
    throw resourceInUse(`Stream ${stream.name} under account ${accountId} not ACTIVE, instead in state ${status}`);
  }
  const { consumers } = stream.row;
  if (consumers.some((consumer) => consumer.name === name)) {
    throw resourceInUse(`Consumer ${name} of stream ${stream.name} under account ${accountId} already exists.`);
  }
  if (consumers.length >= API.maxConsumersPerStream) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${accountId} has its ${API.maxConsumersPerStream} consumers already.`,
    );
  }
  const consumer = { name, createdMs: context.now() };
  consumers.push(consumer);
  context.catalog.changed(stream, undefined, context.now());
  return { Consumer: describeConsumer(context, stream, consumer) };
};

const describe: Operation = (context, fields) => {
  const { stream, consumer } = consumerOf(context, fields);
  return {
    ConsumerDescription: {
      ...describeConsumer(context, stream, consumer),
      StreamARN: streamArn(context.account, stream.name),
    },
  };
};

const deregister: Operation = (context, fields) => {
  const { stream, consumer } = consumerOf(context, fields);
  const { consumers } = stream.row;
  consumers.splice(consumers.indexOf(consumer), 1);
  context.catalog.changed(stream, undefined, context.now());
  context.subscriptions.endOfConsumer(consumerArn(context.account, stream.name, consumer.name, consumer.createdMs));
  return undefined;
};

const list: Operation = (context, fields) => {
  const limit = fields.integer('MaxResults', { min: 1, max: 10_000 }) ?? 100;
  const token = fields.text('NextToken', { min: 1, max: 1_048_576 });
  const createdMs = fields.timeMs('StreamCreationTimestamp');
  fields.requiredText('StreamARN');
  const stream = streamOf(context, fields);
  if (createdMs !== undefined && Math.floor(createdMs / 1000) !== Math.floor(stream.row.createdMs / 1000)) {
    throw notFound(`Stream ${stream.name} with that StreamCreationTimestamp not found.`);
  }
  const [id, after] = token === undefined ? [] : openPageToken(context, 'consumers', token);
  if (token !== undefined && id !== stream.row.id)
    throw invalidArgument('NextToken is invalid: it is of another stream.');
  const shown = stream.row.consumers
    .filter(({ name }) => after === undefined || name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = shown.slice(0, limit);
  return {
    Consumers: page.map((consumer) => describeConsumer(context, stream, consumer)),
    ...(shown.length > limit && {
      NextToken: pageToken(context, 'consumers', [stream.row.id, page.at(-1)?.name ?? '']),
    }),
  };
};

/** By ConsumerARN, or by StreamARN and ConsumerName. */
function consumerOf(context: KinesisContext, fields: Fields): Found {
  const arn = fields.text('ConsumerARN', { min: 1, max: 2048 });
  if (arn !== undefined) {
    fields.check();
    return consumerOfArn(context, arn);
  }
  const name = fields.requiredText('ConsumerName', NAME_RULE);
  fields.requiredText('StreamARN');
  const stream = streamOf(context, fields);
  const consumer = stream.row.consumers.find((candidate) => candidate.name === name);
  if (consumer === undefined) {
    throw notFound(`Consumer ${name} of stream ${stream.name} under account ${context.account.accountId} not found.`);
  }
  return { stream, consumer };
}

export function consumerOfArn(context: KinesisContext, arn: string): Found {
  const stream = streamNamed(context, streamOfConsumerArn(context.account, arn));
  const consumer = stream.row.consumers.find(
    ({ name, createdMs }) => consumerArn(context.account, stream.name, name, createdMs) === arn,
  );
  if (consumer === undefined) throw notFound(`Consumer ${arn} not found.`);
  return { stream, consumer };
}

export const consumerOperations = {
  RegisterStreamConsumer: register,
  DescribeStreamConsumer: describe,
  ListStreamConsumers: list,
  DeregisterStreamConsumer: deregister,
} satisfies Readonly<Record<string, Operation>>;
