/** An S3 error answer: `code` and `status` are those that Amazon documents. */
export class S3Error extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'S3Error';
  }
}

export const noSuchBucket = (bucket: string) =>
  new S3Error(404, 'NoSuchBucket', `The bucket ${bucket} does not exist.`);
export const noSuchKey = (key: string) => new S3Error(404, 'NoSuchKey', `The key ${key} does not exist.`);
export const preconditionFailed = (condition: string) =>
  new S3Error(412, 'PreconditionFailed', `The condition ${condition} does not hold.`);
