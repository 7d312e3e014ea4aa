import { invalidArgument, notFound, type KinesisError } from './errors.js';

/** Whose streams these are: both parts stand in every ARN, the account in AWS's error messages. */
export interface Account {
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
}

export const streamArn = (account: Account, stream: string): string =>
  `arn:aws:kinesis:${account.region}:${account.accountId}:stream/${stream}`;

/** The creation second at the end keeps a consumer apart from a later one of the same name. */
export const consumerArn = (account: Account, stream: string, consumer: string, createdMs: number): string =>
  `${streamArn(account, stream)}/consumer/${consumer}:${Math.floor(createdMs / 1000)}`;

const STREAM_ARN = /^arn:aws[\w-]*:kinesis:[\w-]*:\d{12}:stream\/([\w.-]+)$/;
const CONSUMER_ARN = /^(arn:aws[\w-]*:kinesis:[\w-]*:\d{12}:stream\/([\w.-]+))\/consumer\/[\w.-]+:\d+$/;

/** @throws KinesisError when the text is no stream ARN, or one of another account or region */
export function streamOfArn(account: Account, arn: string): string {
  const name = STREAM_ARN.exec(arn)?.[1];
  if (name === undefined) throw invalidArgument(`StreamARN ${arn} is not a valid stream ARN.`);
  if (arn !== streamArn(account, name)) throw notFound(`Stream ${arn} not found.`);
  return name;
}

/** @throws KinesisError when the text is no consumer ARN, or one of another account or region */
export function streamOfConsumerArn(account: Account, arn: string): string {
  const match = CONSUMER_ARN.exec(arn);
  const name = match?.[2];
  if (name === undefined) throw invalidArgument(`ConsumerARN ${arn} is not a valid consumer ARN.`);
  if (match?.[1] !== streamArn(account, name)) throw notFound(`Consumer ${arn} not found.`);
  return name;
}

export const streamNotFound = (account: Account, stream: string): KinesisError =>
  notFound(`Stream ${stream} under account ${account.accountId} not found.`);

export const shardNotFound = (account: Account, stream: string, shardId: string): KinesisError =>
  notFound(`Could not find shard ${shardId} in stream ${stream} under account ${account.accountId}.`);

export const rateExceeded = (account: Account, stream: string, shardId: string): string =>
  `Rate exceeded for shard ${shardId} in stream ${stream} under account ${account.accountId}.`;
