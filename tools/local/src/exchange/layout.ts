import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Lambdas of the exchange, by the names of their projects. */
export const LAMBDAS = [
  'order-router',
  'connect',
  'subscribe',
  'disconnect',
  'admin',
  'chart-data',
  'trades-backup',
  'candle-rollup',
  'market-data',
  'user-notify',
  'order-history',
  'trade-history',
  'order-query',
] as const;
export type LambdaName = (typeof LAMBDAS)[number];

/** Where the built programs lie. */
export interface Layout {
  engine: string;
  streamer: string;
  demo: string;
  lambdas: Readonly<Record<LambdaName, string>>;
  /** Folder of the web page. */
  page: string;
  /** Folder of this package's own bundles. */
  own: string;
  /** Script that prints the path of a Valkey server. */
  valkeyFinder: string;
}

export function layoutOf(root: string): Layout {
  const bundle = (...path: string[]) => join(root, ...path, 'dist', 'main.mjs');
  return {
    engine: bundle('apps', 'engine'),
    streamer: bundle('apps', 'streamer'),
    demo: bundle('tools', 'demo'),
    lambdas: Object.fromEntries(LAMBDAS.map((name) => [name, bundle('apps', 'lambdas', name)])) as Record<
      LambdaName,
      string
    >,
    page: join(root, 'apps', 'console', 'dist'),
    own: join(root, 'tools', 'local', 'dist'),
    valkeyFinder: join(root, 'tools', 'launch', 'valkey.mjs'),
  };
}

/** The programs that are not built; those that are not needed do not count. */
export function missingBundles(layout: Layout, demo: boolean): string[] {
  const needed = [layout.engine, layout.streamer, ...Object.values(layout.lambdas), ...(demo ? [layout.demo] : [])];
  return needed.filter((path) => !existsSync(path));
}
