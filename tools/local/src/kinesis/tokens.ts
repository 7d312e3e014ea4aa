import { crc32 } from 'node:zlib';

/**
 * Shard iterators and page tokens. They carry all they mean, so that they outlive a restart of the server; the checksum
 * only tells a token from noise.
 */
export type TokenKind = 'iterator' | 'shards' | 'streams' | 'consumers';

export interface Token {
  readonly issuedMs: number;
  readonly parts: readonly string[];
}

export function sealToken(kind: TokenKind, issuedMs: number, parts: readonly string[]): string {
  const body = JSON.stringify([kind, issuedMs, ...parts]);
  return Buffer.from(`${crc32(body).toString(16).padStart(8, '0')}${body}`, 'utf8').toString('base64');
}

/** @returns undefined where the text is no token of this kind */
export function openToken(kind: TokenKind, text: string): Token | undefined {
  const plain = Buffer.from(text, 'base64').toString('utf8');
  const body = plain.slice(8);
  if (!body.startsWith(`["${kind}",`) || crc32(body).toString(16).padStart(8, '0') !== plain.slice(0, 8)) {
    return undefined;
  }
  const [, issuedMs, ...parts] = JSON.parse(body) as [string, number, ...string[]];
  return { issuedMs, parts };
}
