import type { Endpoints } from './endpoints.js';

interface WelcomeOptions {
  endpoints: Endpoints;
  dataDir: string;
  startedInMs: number;
}

/** What is printed once all is ready: where everything is, and a first order to paste. */
export function welcome({ endpoints, dataDir, startedInMs }: WelcomeOptions): string {
  const rows: [string, string][] = [
    ['Page, HTTP routes', endpoints.http],
    ['WebSocket', endpoints.ws],
    ['Log in', `${endpoints.auth}  (alice, bob or admin: NAME@supernoba.local, NAME-password)`],
    ['Engine metrics', endpoints.engineMetrics],
    ['Engine gRPC', endpoints.engineGrpc],
    ['Back up now', `curl -X POST ${endpoints.connections}/_local/schedules/trades-backup`],
    ['Kinesis', endpoints.kinesis],
    ['DynamoDB', endpoints.dynamodb],
    ['S3', endpoints.s3],
    ['Valkey, depth', endpoints.valkeyDepth],
    ['Valkey, backup', endpoints.valkeyBackup],
    ['Data and logs', `${dataDir}  (endpoints.json, logs/)`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
  return `
The exchange is ready after ${(startedInMs / 1000).toFixed(1)} s. Ctrl-C ends it, its data stays.

${table}

Place an order as alice (the token is good for an hour; endpoints.json always holds a fresh one):

${orderCommand(endpoints)}
`;
}

function orderCommand({ http, tokens }: Endpoints): string {
  const order = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 30 };
  return (
    `curl -sS ${http}/orders -H 'content-type: application/json' ` +
    `-H 'authorization: Bearer ${tokens.alice}' -d '${JSON.stringify(order)}'`
  );
}
