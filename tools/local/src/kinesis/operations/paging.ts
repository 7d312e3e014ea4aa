import type { KinesisContext } from '../context.js';
import { invalidArgument, KinesisError } from '../errors.js';
import { openToken, sealToken, type TokenKind } from '../tokens.js';

type PageKind = Exclude<TokenKind, 'iterator'>;

export const pageToken = (context: KinesisContext, kind: PageKind, parts: readonly string[]): string =>
  sealToken(kind, context.now(), parts);

/** @throws KinesisError when the token is not one of this list, or older than its life */
export function openPageToken(context: KinesisContext, kind: PageKind, text: string): readonly string[] {
  const token = openToken(kind, text);
  if (token === undefined) throw invalidArgument('NextToken is invalid.');
  if (context.now() - token.issuedMs > context.tokenMs) {
    throw new KinesisError(
      'ExpiredNextTokenException',
      `NextToken has expired: its life is ${context.tokenMs} milliseconds.`,
    );
  }
  return token.parts;
}
