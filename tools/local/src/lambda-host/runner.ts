/**
 * The process a Lambda bundle runs in: `runner FILE`, forked by the host. It imports the bundle, says `ready`, then
 * answers invocations over the IPC channel, as many at a time as the host sends.
 */
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, type LambdaContext } from './context.js';
import {
  describeError,
  MAX_PAYLOAD_BYTES,
  type ErrorPayload,
  type InvokeMessage,
  type RunnerMessage,
} from './messages.js';

type Handler = (event: unknown, context: LambdaContext) => unknown;

function send(message: RunnerMessage, then?: () => void): void {
  // A failed send means that the host is gone; `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => then?.());
}

async function loadHandler(file: string): Promise<Handler> {
  const bundle = (await import(pathToFileURL(file).href)) as { handler?: unknown };
  if (typeof bundle.handler === 'function') return bundle.handler as Handler;
  const error = new Error(`${basename(file)} exports no function "handler"`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

function serialize(result: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(result) ?? 'null';
  } catch (cause) {
    throw new Error('Unable to stringify response body', { cause });
  }
  if (Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES) return text;
  const error = new Error(`Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`);
  error.name = 'Function.ResponseSizeTooLarge';
  throw error;
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  try {
    const event: unknown = JSON.parse(message.event);
    const result = await handler(event, createContext(message, process.env));
    send({ kind: 'result', id: message.id, result: serialize(result) });
  } catch (error) {
    send({ kind: 'error', id: message.id, error: describeError(error) });
  }
}

function failInit(error: ErrorPayload): void {
  send({ kind: 'init-error', error }, () => process.exit(1));
}

async function run(): Promise<void> {
  if (process.send === undefined) throw new Error('the Lambda runner is started by its host, with an IPC channel');
  const file = process.argv[2] ?? '';
  process.on('disconnect', () => process.exit(0));
  // The host may be gone since before this was loaded: the event has passed then.
  if (!process.connected) process.exit(0);
  // Ctrl-C reaches the whole process group; the host decides when its functions end.
  process.on('SIGINT', () => undefined);
  const handler = await loadHandler(file);
  process.on('message', (message: InvokeMessage) => void answer(handler, message));
  send({ kind: 'ready' });
}

run().catch((error: unknown) => {
  if (process.send === undefined) throw error;
  failInit(describeError(error));
});
