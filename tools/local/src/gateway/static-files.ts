import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

interface FoundFile {
  file: string;
  size: number;
  etag: string;
}

/** Serves the files of one folder; `index.html` for a folder. Nothing outside it, and no name that begins with a dot. */
export class StaticFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Answers GET or HEAD and resolves to true; resolves to false, with nothing sent, where there is no such file. */
  async serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const found = await this.#find(path);
    if (found === undefined) return false;
    const { file, size, etag } = found;
    // The page changes with every build under the same names: browsers keep it but ask each time.
    const caching = { etag, 'cache-control': 'no-cache' };
    if (matches(request.headers['if-none-match'], etag)) {
      response.writeHead(304, caching).end();
      return true;
    }
    response.writeHead(200, {
      ...caching,
      'content-type': CONTENT_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'content-length': size,
      'x-content-type-options': 'nosniff',
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(file, { end: Math.max(0, size - 1) }), response);
    return true;
  }

  async #find(path: string): Promise<FoundFile | undefined> {
    const segments = path.split('/').map(decodeURIComponent);
    if (segments.some((segment) => segment.startsWith('.') || /[/\\\0]/.test(segment))) return undefined;
    const named = await this.#resolve(join(...segments));
    const found = named?.directory === true ? await this.#resolve(join(...segments, 'index.html')) : named;
    return found === undefined || found.directory ? undefined : found;
  }

  /** Follows links first, so that none leads out of the folder. */
  async #resolve(name: string): Promise<(FoundFile & { directory: boolean }) | undefined> {
    try {
      const root = await realpath(this.#folder);
      const file = await realpath(join(root, name));
      if (file !== root && !file.startsWith(root + sep)) return undefined;
      const stats = await stat(file);
      if (!stats.isFile() && !stats.isDirectory()) return undefined;
      const etag = `"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs * 1000).toString(16)}"`;
      return { file, size: stats.size, etag, directory: stats.isDirectory() };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
}
