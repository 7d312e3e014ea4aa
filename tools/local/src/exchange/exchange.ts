import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JsonFile } from '../json-file.js';
import { LogFiles } from '../supervisor/log-files.js';
import { PartError } from '../supervisor/part-runner.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { ENDPOINTS_FILE, type Endpoints } from './endpoints.js';
import { httpAt, inheritedEnvironment, LOOPBACK } from './environment.js';
import type { Layout } from './layout.js';
import { exchangeParts } from './parts.js';
import { choosePorts, type Ports } from './ports.js';
import { TokenKeeper } from './tokens.js';

interface ExchangeSetting {
  layout: Layout;
  /** Locked by the caller. */
  dataDir: string;
  valkeyBinary: string;
  /** The public port; 0 takes a free one. */
  port: number;
  demo: boolean;
  env: NodeJS.ProcessEnv;
  /** Tells the user of parts that die and come back. */
  say: (message: string) => void;
}

const LOG_TAIL_LINES = 15;

/** The parts of an exchange, and the files that say where they are. */
export class Exchange {
  private readonly endpointsFile: JsonFile<Endpoints>;
  private readonly pidsFile: JsonFile<Readonly<Record<string, number>>>;
  private readonly logs: LogFiles;
  private readonly supervisor: Supervisor;
  private readonly tokens: TokenKeeper;
  private readonly addresses: Omit<Endpoints, 'tokens'>;
  private firstTokens: Promise<Endpoints['tokens']> | undefined;

  private constructor(
    private readonly setting: ExchangeSetting,
    ports: Ports,
    private readonly releasePorts: () => void,
  ) {
    const { dataDir, layout, env } = setting;
    this.endpointsFile = new JsonFile(join(dataDir, ENDPOINTS_FILE));
    this.pidsFile = new JsonFile(join(dataDir, 'pids.json'));
    this.logs = new LogFiles(join(dataDir, 'logs'));
    this.addresses = addressesOf(ports);
    this.supervisor = new Supervisor({
      parts: exchangeParts({ ...setting, ports, given: env }),
      watchParent: pathToFileURL(join(layout.own, 'parts', 'watch-parent.mjs')).href,
      logs: this.logs,
      env: inheritedEnvironment(env),
      say: (message) => this.report(message),
      onPids: (pids) => this.keep(this.pidsFile.save(pids)),
      onReady: (part, afterMs) => this.onPartReady(part, afterMs),
    });
    this.tokens = new TokenKeeper({
      auth: `${httpAt(ports.auth)}/auth/v1`,
      onRenewed: (tokens) => this.keep(this.endpointsFile.save({ ...this.addresses, tokens })),
      onError: (error) => this.report(`The tokens in ${ENDPOINTS_FILE} could not be renewed: ${String(error)}`),
    });
  }

  /** Chooses the ports and clears what an exchange that was killed left behind. Starts nothing. @throws PortTakenError */
  static async prepare(setting: ExchangeSetting): Promise<Exchange> {
    const { ports, release } = await choosePorts(setting.port);
    const exchange = new Exchange(setting, ports, release);
    await Promise.all([exchange.endpointsFile.remove(), exchange.pidsFile.remove()]);
    return exchange;
  }

  /**
   * Resolves when everything is ready and `endpoints.json` says so.
   *
   * @throws PartError with the last lines of the log; `stop` must be called then too
   */
  async start(): Promise<Endpoints> {
    try {
      await this.supervisor.start();
    } catch (error) {
      throw error instanceof PartError ? this.withLog(error) : error;
    }
    const tokens = await (this.firstTokens ?? this.tokens.start());
    const endpoints = { ...this.addresses, tokens };
    await this.endpointsFile.save(endpoints);
    return endpoints;
  }

  /** Ends everything; resolves when no process is left. */
  async stop(): Promise<void> {
    const begun = performance.now();
    await this.tokens.stop();
    await this.endpointsFile.remove();
    await this.supervisor.stop();
    await this.pidsFile.remove();
    this.log(`ended within ${(performance.now() - begun).toFixed(0)} ms`);
    this.logs.close();
    this.releasePorts();
  }

  private onPartReady(part: string, afterMs: number): void {
    this.log(`${part} ready after ${afterMs.toFixed(0)} ms`);
    if (part !== 'auth') return;
    this.firstTokens = this.tokens.start();
    // Whether it failed is seen where it is awaited.
    void Promise.allSettled([this.firstTokens]);
  }

  private report(message: string): void {
    this.log(message);
    this.setting.say(message);
  }

  private log(message: string): void {
    writeSync(this.logs.descriptorOf('supervisor'), `${new Date().toISOString()} ${message}\n`);
  }

  private keep(writing: Promise<void>): void {
    writing.catch((error: unknown) =>
      this.report(`A file of ${this.setting.dataDir} could not be written: ${String(error)}`),
    );
  }

  private withLog(error: PartError): PartError {
    const path = this.logs.pathOf(error.part);
    const tail = this.logs.tailOf(error.part, LOG_TAIL_LINES);
    return new PartError(error.part, `${error.reason}\n\nThe end of ${path}:\n${tail}`);
  }
}

function addressesOf(ports: Ports): Omit<Endpoints, 'tokens'> {
  const http = httpAt(ports.public);
  return {
    http,
    ws: `ws://${LOOPBACK}:${ports.public}/ws`,
    auth: `${http}/auth/v1`,
    kinesis: httpAt(ports.kinesis),
    dynamodb: httpAt(ports.dynamodb),
    s3: httpAt(ports.s3),
    valkeyDepth: `redis://${LOOPBACK}:${ports.valkeyDepth}`,
    valkeyBackup: `redis://${LOOPBACK}:${ports.valkeyBackup}`,
    connections: httpAt(ports.connections),
    engineMetrics: `${httpAt(ports.engineMetrics)}/metrics`,
    engineGrpc: `${LOOPBACK}:${ports.engineGrpc}`,
  };
}
