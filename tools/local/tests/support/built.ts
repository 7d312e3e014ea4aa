import { tempDir } from '@supernoba/testing';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LAMBDAS } from '../../src/exchange/layout.js';

const workspace = join(__dirname, '..', '..', '..', '..');
let built: string | undefined;

/** Folder of this package's bundles, built from the sources once a test file. */
export function builtPackage(): string {
  if (built === undefined) {
    const root = tempDir('supernoba-built-');
    // What is not bundled (dynalite) is found as it is beside the real bundles.
    symlinkSync(join(workspace, 'node_modules'), join(root, 'node_modules'));
    built = join(root, 'tools', 'local', 'dist');
    build(built);
  }
  return built;
}

/** Bundles the package's own programs, or the named sources, into a folder. */
export function build(folder: string, ...entries: string[]): void {
  execFileSync(process.execPath, [join(__dirname, 'build.mjs'), folder, ...entries], { stdio: 'pipe' });
}

/** Answers one path; when asked to end, it takes a moment and looks whether the stores are still there. */
const STUB_SERVER = (path: string) => `
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { appendFileSync } from 'node:fs';
createServer((request, response) => {
  response.writeHead(request.url === '${path}' ? 200 : 404).end();
}).listen(Number(process.env.METRICS_PORT), '127.0.0.1');
const stores = ['KINESIS', 'DYNAMODB', 'S3'].map((name) => Number(new URL(process.env['AWS_ENDPOINT_URL_' + name]).port));
const caches = [process.env.DEPTH_CACHE_PORT, process.env.REDIS_PORT, process.env.VALKEY_PORT].filter(Boolean).map(Number);
const isUp = (port) => new Promise((resolve) => connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)));
let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  setTimeout(async () => {
    const up = await Promise.all([...stores, ...caches].map(isUp));
    if (process.env.STUB_LOG) appendFileSync(process.env.STUB_LOG, '${path} ' + (up.every(Boolean) ? 'stores up' : 'stores down') + '\\n');
    process.exit(0);
  }, 300);
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
`;

/** A workspace with this package as it is and with stand-ins for the apps: enough to be started. */
export function stubWorkspace(): string {
  const root = dirname(dirname(dirname(builtPackage())));
  const put = (path: string[], text: string) => {
    const file = join(root, ...path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  put(['nx.json'], '{}');
  put(['apps', 'engine', 'dist', 'main.mjs'], STUB_SERVER('/ready'));
  put(['apps', 'streamer', 'dist', 'main.mjs'], STUB_SERVER('/health'));
  put(['apps', 'console', 'dist', 'index.html'], '<!doctype html><title>page</title>');
  put(['tools', 'demo', 'dist', 'main.mjs'], 'setInterval(() => undefined, 1_000);');
  for (const name of LAMBDAS) {
    const handler = `export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify({ lambda: '${name}', path: event.rawPath }) });`;
    put(['apps', 'lambdas', name, 'dist', 'main.mjs'], handler);
  }
  cpSync(join(workspace, 'tools', 'launch', 'valkey.mjs'), join(root, 'tools', 'launch', 'valkey.mjs'));
  return root;
}
