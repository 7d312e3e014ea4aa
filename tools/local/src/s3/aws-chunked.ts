import { S3Error } from './errors.js';

/** Longest line between chunks (`hex;chunk-signature=…` or one trailer), in bytes. */
const MAX_LINE_BYTES = 4096;
const MAX_TRAILERS = 16;

const malformed = () => new S3Error(400, 'IncompleteBody', 'The chunked body is malformed or ends too early.');

/**
 * Takes Amazon's own chunk framing (`content-encoding: aws-chunked`) off a body. Trailers, lower-cased names, are put
 * into `trailers` when the body has ended.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  for (;;) {
    const length = chunkLength(await reader.line());
    if (length === 0) break;
    yield* reader.take(length);
    if ((await reader.line()) !== '') throw malformed();
  }
  for (let line = await reader.line(true); line !== ''; line = await reader.line(true)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || trailers.size >= MAX_TRAILERS) throw malformed();
    trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  if (!(await reader.atEnd())) throw malformed();
}

function chunkLength(line: string): number {
  const hex = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(line)?.[1];
  if (hex === undefined) throw malformed();
  return Number.parseInt(hex, 16);
}

class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** The next line without its CRLF. With `endIsEmptyLine`, the end of the body reads as an empty line. */
  async line(endIsEmptyLine = false): Promise<string> {
    let end: number;
    while ((end = this.rest.indexOf('\r\n')) < 0) {
      if (this.rest.length > MAX_LINE_BYTES) throw malformed();
      if (!(await this.more())) {
        if (endIsEmptyLine && this.rest.length === 0) return '';
        throw malformed();
      }
    }
    const line = this.rest.toString('latin1', 0, end);
    this.rest = this.rest.subarray(end + 2);
    return line;
  }

  async *take(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.rest.length === 0 && !(await this.more())) throw malformed();
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async atEnd(): Promise<boolean> {
    return this.rest.length === 0 && !(await this.more());
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done) return false;
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    return true;
  }
}
