const PAGE_KEYS = 1_000;

/** An S3 bucket in memory. */
export class VirtualObjects {
  readonly #objects = new Map<string, Uint8Array>();

  put(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, Uint8Array.from(bytes));
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#objects.get(key);
    return bytes && Uint8Array.from(bytes);
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  /** One page of the keys that begin with `prefix` and come after `after`, ascending. */
  list(prefix: string, after = ''): string[] {
    return this.all(prefix)
      .filter((key) => key > after)
      .slice(0, PAGE_KEYS);
  }

  /** Every key that begins with `prefix`, ascending. */
  all(prefix: string): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
