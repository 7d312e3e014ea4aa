import { parseArgs } from 'node:util';

const DEFAULT_PORT = 3900;

export interface ExchangeOptions {
  /** The public port; 0 takes a free one. */
  port: number;
  /** Deletes the data first. */
  fresh: boolean;
  /** Starts the market-making bot. */
  demo: boolean;
  /** Data folder, if another than `.local` of the workspace. */
  data: string | undefined;
  help: boolean;
}

/** A mistake on the command line. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const USAGE = `Usage: npm start -- [options]

Runs the whole exchange on this machine until Ctrl-C.

  --port P     the public address is http://127.0.0.1:P (default ${DEFAULT_PORT}; 0 takes a free port)
  --fresh      delete the data of earlier runs first (the data folder's content, nothing else)
  --demo       let a market-making bot trade, so that the market moves
  --data DIR   keep the data in DIR (default .local); two exchanges run side by side with two folders and two ports
  --help       show this text
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): ExchangeOptions {
  const values = parse(args);
  const port = values.port ?? String(DEFAULT_PORT);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`--port takes a number from 0 to 65535, not "${port}"`);
  }
  if (values.data === '') throw new UsageError('--data takes a folder');
  return {
    port: Number(port),
    fresh: values.fresh ?? false,
    demo: values.demo ?? false,
    data: values.data,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        fresh: { type: 'boolean' },
        demo: { type: 'boolean' },
        data: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
