import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartSpec, Stage } from '../supervisor/part.js';
import { acceptsConnections, answersOk, answersPing } from '../supervisor/probes.js';
import {
  awsOf,
  depthCacheOf,
  engineEnvironment,
  httpAt,
  lambdaEnvironment,
  streamerEnvironment,
  type Given,
} from './environment.js';
import { gatewayConfig } from './gateway-config.js';
import type { Layout } from './layout.js';
import type { Ports } from './ports.js';

interface ExchangePartsOptions {
  layout: Layout;
  ports: Ports;
  dataDir: string;
  valkeyBinary: string;
  /** Whether the market-making bot is one of the parts. */
  demo: boolean;
  /** This process's environment. */
  given: Given;
}

/** Everything that runs in an exchange, with what it stands on. Whatever does not depend on each other starts side by side. */
export function exchangeParts(options: ExchangePartsOptions): PartSpec[] {
  return [...stores(options), ...apps(options), ...(options.demo ? [demo(options)] : [])];
}

function stores({ layout, ports, dataDir, valkeyBinary, given }: ExchangePartsOptions): PartSpec[] {
  const server = (name: string, port: number, ready: () => Promise<boolean>, env = {}): PartSpec =>
    service(name, 'store', {
      script: join(layout.own, 'parts', `${name}.mjs`),
      launch: () => ({ env: { PORT: String(port), DATA_DIR: join(dataDir, name), ...env } }),
      ready,
    });
  const valkey = (name: string, port: number): PartSpec =>
    service(name, 'store', {
      script: join(layout.own, 'parts', 'valkey-guard.mjs'),
      launch: () => {
        const env = {
          PORT: String(port),
          DATA_DIR: join(dataDir, name),
          VALKEY_SERVER_BIN: valkeyBinary,
          PART_NAME: name,
        };
        return { env };
      },
      tellsPids: true,
      ready: () => answersPing(port),
    });
  const connects = (port: number) => () => acceptsConnections(port);
  const auth = {
    AUTH_ISSUER: `${httpAt(ports.public)}/auth/v1`,
    AUTH_TOKEN_TTL_S: given['AUTH_TOKEN_TTL_S'] ?? '3600',
  };
  return [
    valkey('valkey-depth', ports.valkeyDepth),
    valkey('valkey-backup', ports.valkeyBackup),
    server('kinesis', ports.kinesis, connects(ports.kinesis), awsOf(ports)),
    server('dynamodb', ports.dynamodb, connects(ports.dynamodb), awsOf(ports)),
    server('s3', ports.s3, connects(ports.s3)),
    server('auth', ports.auth, () => answersOk(jwksUrl(ports)), auth),
    {
      name: 'set-up',
      kind: 'job',
      stage: 'store',
      script: join(layout.own, 'parts', 'set-up.mjs'),
      needs: ['valkey-depth', 'kinesis', 'dynamodb', 's3'],
      launch: () => ({ env: { ...awsOf(ports), ...depthCacheOf(ports) } }),
    },
  ];
}

function apps({ layout, ports, dataDir, given }: ExchangePartsOptions): PartSpec[] {
  // The key stays the same for one run: a gateway that is started again does not depend on the auth stand-in.
  let jwks: string | undefined;
  return [
    service('engine', 'app', {
      script: layout.engine,
      needs: ['set-up', 'valkey-backup'],
      launch: () => ({ env: engineEnvironment(ports, given) }),
      ready: () => answersOk(`${httpAt(ports.engineMetrics)}/ready`),
    }),
    service('gateway', 'app', {
      script: join(layout.own, 'gateway', 'main.mjs'),
      needs: ['auth'],
      launch: async () => {
        jwks ??= await (await fetch(jwksUrl(ports))).text();
        const config = gatewayConfig({ layout, ports, lambdaEnv: lambdaEnvironment(ports, jwks, given), dataDir });
        mkdirSync(join(dataDir, 'gateway'), { recursive: true });
        const file = join(dataDir, 'gateway', 'config.json');
        writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
        return { args: [file], env: awsOf(ports) };
      },
      // Through the Lambda, out of the cache or the table: the way every request goes.
      ready: () => answersOk(`${httpAt(ports.public)}/symbols`),
    }),
    service('streamer', 'app', {
      script: layout.streamer,
      needs: ['valkey-depth'],
      launch: () => ({ env: streamerEnvironment(ports) }),
      ready: () => answersOk(`${httpAt(ports.streamerMetrics)}/health`),
    }),
  ];
}

function demo({ layout, ports }: ExchangePartsOptions): PartSpec {
  return service('demo', 'client', {
    script: layout.demo,
    needs: ['engine', 'gateway', 'streamer'],
    launch: () => ({ env: { SUPERNOBA_URL: httpAt(ports.public) } }),
  });
}

function service(name: string, stage: Stage, spec: Pick<PartSpec, 'script' | 'launch'> & Partial<PartSpec>): PartSpec {
  return { name, stage, kind: 'service', needs: [], ...spec };
}

function jwksUrl(ports: Ports): string {
  return `${httpAt(ports.auth)}/auth/v1/.well-known/jwks.json`;
}
