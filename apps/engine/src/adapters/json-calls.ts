import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { RequestSigner, sha256Hex, type AwsCredentials } from '@supernoba/runtime';
import { Pool, type Dispatcher } from 'undici';

/** Longest wait for a connection, and for the head and each part of an answer, ms. */
const TIMEOUT_MS = 10_000;
/** Connections to one service, each with one call at a time. */
const MAX_CONNECTIONS = 64;

/** A service of AWS that takes JSON, as its clients know it. */
export interface JsonService {
  /** As it stands in signatures: `dynamodb`. */
  name: string;
  /** What `x-amz-target` begins with: `DynamoDB_20120810`. */
  target: string;
  contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  /** The SDK's command, which says how the endpoint is chosen, and an input for it. */
  endpointOf: { command: Parameters<typeof getEndpointFromInstructions>[1]; input: object };
}

/** The part of an SDK client that is used: how it was configured. */
interface ConfiguredClient {
  config: object & {
    region: () => Promise<string>;
    credentials: () => Promise<AwsCredentials>;
    /** What the SDK learned of the difference between the clocks, ms. */
    systemClockOffset: number;
  };
}

interface Connection {
  pool: Pool;
  host: string;
  path: string;
  signer: RequestSigner;
}

/** An answer that is an error, named as the SDK names it. */
class ServiceError extends Error {
  constructor(
    name: string,
    message: string,
    readonly $metadata: { httpStatusCode: number },
  ) {
    super(message);
    this.name = name;
  }
}

/**
 * The few calls of which there are thousands a second: the caller makes and reads the JSON itself, at a fraction of what
 * the SDK's way takes. Endpoint, region and credentials are those of the SDK's client. One attempt a call.
 */
export class JsonCalls {
  #connection: Promise<Connection> | undefined;

  constructor(
    private readonly client: ConfiguredClient,
    private readonly service: JsonService,
  ) {}

  /** Resolves to the body of an answer that is no error. @param body JSON as UTF-8 */
  async call(operation: string, body: Buffer): Promise<Buffer> {
    const { pool, host, path, signer } = await this.#connected();
    const { target, contentType } = this.service;
    const { config } = this.client;
    const request = {
      method: 'POST',
      host,
      path,
      contentType,
      target: `${target}.${operation}`,
      bodySha256: sha256Hex(body),
    };
    const headers = signer.sign(request, await config.credentials(), Date.now() + config.systemClockOffset);
    const { status, body: answer } = await new Promise<Answer>((resolve, reject) => {
      pool.dispatch({ method: 'POST', path, headers, body }, new AnswerReader(resolve, reject));
    });
    if (status >= 300) throw serviceError(status, answer.toString('utf8'));
    return answer;
  }

  #connected(): Promise<Connection> {
    this.#connection ??= this.#connect().catch((error: unknown) => {
      // The next call asks anew.
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #connect(): Promise<Connection> {
    const { config } = this.client;
    const { command, input } = this.service.endpointOf;
    const [{ url }, region] = await Promise.all([getEndpointFromInstructions(input, command, config), config.region()]);
    const pool = new Pool(url.origin, {
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      connect: { timeout: TIMEOUT_MS },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    return {
      pool,
      host: url.host,
      path: url.pathname,
      signer: new RequestSigner({ region, service: this.service.name }),
    };
  }
}

interface Answer {
  status: number;
  body: Buffer;
}

/** Collects an answer: a fraction of the cost of a stream that is read. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  // The pool takes no handler without it.
  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.resolve({ status: this.#status, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }
}

function serviceError(status: number, text: string): ServiceError {
  let answer: { __type?: unknown; message?: unknown; Message?: unknown } = {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) answer = value;
  } catch (error) {
    // A proxy's page, or an answer that was cut short: its status says enough.
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { __type: type, message, Message: loud } = answer;
  // `com.amazonaws.dynamodb.v20120810#ThrottlingException:http://…` in some services.
  const name = typeof type === 'string' ? type.replace(/^.*#/, '').replace(/:.*$/, '') : 'UnknownError';
  const words = [message, loud].find((value) => typeof value === 'string') ?? text.slice(0, 200);
  return new ServiceError(name, `${words}`, { httpStatusCode: status });
}
