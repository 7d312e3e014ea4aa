/** Longest header before the mask: 2 bytes and a 64-bit length. */
const MAX_HEADER_BYTES = 10;

/** Reads along a client's WebSocket stream and finds frames that announce too large a payload; `ws` bounds messages only. */
export class FrameScanner {
  readonly #maxPayload: number;
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerBytes = 0;
  /** Bytes of mask and payload still to pass over. */
  #skip = 0;
  #messages = 0;

  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /** Messages whose last frame was within the bound. */
  get messages(): number {
    return this.#messages;
  }

  /** Takes the next bytes of the stream; true as soon as one frame is too large. Not to be called after that. */
  exceeds(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
        continue;
      }
      this.#header[this.#headerBytes++] = chunk[at++] ?? 0;
      const length = this.#payloadLength();
      if (length === undefined) continue;
      if (length > this.#maxPayload) return true;
      const [first = 0] = this.#header;
      const lastOfMessage = (first & 0x80) !== 0 && (first & 0x0f) < 8;
      if (lastOfMessage) this.#messages++;
      const masked = ((this.#header[1] ?? 0) & 0x80) !== 0;
      this.#skip = length + (masked ? 4 : 0);
      this.#headerBytes = 0;
    }
    return false;
  }

  /** Undefined as long as the header is not complete. */
  #payloadLength(): number | undefined {
    if (this.#headerBytes < 2) return undefined;
    const short = (this.#header[1] ?? 0) & 0x7f;
    if (short < 126) return short;
    if (short === 126) return this.#headerBytes < 4 ? undefined : this.#header.readUInt16BE(2);
    return this.#headerBytes < 10 ? undefined : Number(this.#header.readBigUInt64BE(2));
  }
}
