import { KEY_SHAPES, type KeyShape, type KeyType } from './keys.js';

export type KeyName = keyof typeof KEY_SHAPES;

/** How to find the keys of one shape on a server, and how to tell them from keys that only look alike. */
export interface KeyPattern {
  name: KeyName;
  type: KeyType;
  /** For `SCAN … MATCH`: wider than the shape, so check every answer with `matches`. */
  glob: string;
  /** Whether a key is exactly of this shape, with or without hash tags. */
  matches(key: string): boolean;
}

export interface KeyPatternFilter {
  cache?: KeyShape['cache'];
  owner?: KeyShape['owner'];
  /** Only these shapes. */
  names?: readonly KeyName[];
}

const SYMBOL = '[A-Z0-9][A-Z0-9._-]{0,31}';
const VARIABLES: Readonly<Record<string, string>> = {
  S: `(?:${SYMBOL}|\\{${SYMBOL}\\})`,
  CONNID: '[A-Za-z0-9_=+/-]{1,128}',
  USERID: '[^\\0]{1,128}',
};

/** The shapes of {@link KEY_SHAPES} as patterns; without a filter, every key of the exchange in both caches. */
export function keyPatterns({ cache, owner, names }: KeyPatternFilter = {}): KeyPattern[] {
  return (Object.entries(KEY_SHAPES) as [KeyName, KeyShape][])
    .filter(
      ([name, shape]) =>
        (cache === undefined || shape.cache === cache) &&
        (owner === undefined || shape.owner === owner) &&
        (names === undefined || names.includes(name)),
    )
    .map(([name, { pattern, type }]) => {
      const exact = new RegExp(`^${pattern.replace(/\{(\w+)\}/, (_, variable: string) => VARIABLES[variable] ?? '')}$`);
      return { name, type, glob: pattern.replace(/\{\w+\}/, '*'), matches: (key) => exact.test(key) };
    });
}
