/** An answer of the Kinesis API that is an error: AWS's own name and message, and the HTTP status it travels with. */
export class KinesisError extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = type;
  }
}

/** The data folder cannot be used as it is: damaged, of another format, or held by another process. Ends the start. */
export class KinesisDataError extends Error {
  override readonly name = 'KinesisDataError';
}

export const invalidArgument = (message: string): KinesisError => new KinesisError('InvalidArgumentException', message);

export const validation = (message: string): KinesisError => new KinesisError('ValidationException', message);

export const serialization = (message: string): KinesisError => new KinesisError('SerializationException', message);

export const resourceInUse = (message: string): KinesisError => new KinesisError('ResourceInUseException', message);

export const limitExceeded = (message: string): KinesisError => new KinesisError('LimitExceededException', message);

export const notFound = (message: string): KinesisError => new KinesisError('ResourceNotFoundException', message);

export const throughputExceeded = (message: string): KinesisError =>
  new KinesisError('ProvisionedThroughputExceededException', message);

export const internalFailure = (): KinesisError => new KinesisError('InternalFailure', 'Internal Service Failure', 500);
