import type { CorsSettings } from './settings.js';

type Headers = Readonly<Record<string, string>>;

/** The gateway's own CORS answers, used only where the setting is given; without it a route's Lambda answers. */
export class Cors {
  readonly #settings: CorsSettings;

  constructor(settings: CorsSettings) {
    this.#settings = settings;
  }

  /** Headers of the answer to a preflight; empty for an origin that is not allowed. */
  preflight(origin: string): Headers {
    const { allowMethods, allowHeaders, maxAgeSeconds } = this.#settings;
    if (!this.#allows(origin)) return {};
    return {
      ...this.#origin(origin),
      'access-control-allow-methods': allowMethods.join(','),
      'access-control-allow-headers': allowHeaders.join(','),
      'access-control-max-age': String(maxAgeSeconds),
    };
  }

  /** Headers added to every answer for this origin. */
  answer(origin: string): Headers {
    const { exposeHeaders } = this.#settings;
    if (!this.#allows(origin)) return {};
    return {
      ...this.#origin(origin),
      ...(exposeHeaders.length > 0 && { 'access-control-expose-headers': exposeHeaders.join(',') }),
    };
  }

  #allows(origin: string): boolean {
    const { allowOrigins } = this.#settings;
    return allowOrigins.includes('*') || allowOrigins.includes(origin);
  }

  #origin(origin: string): Headers {
    const { allowOrigins, allowCredentials } = this.#settings;
    const any = allowOrigins.includes('*') && !allowCredentials;
    return {
      'access-control-allow-origin': any ? '*' : origin,
      ...(!any && { vary: 'origin' }),
      ...(allowCredentials && { 'access-control-allow-credentials': 'true' }),
    };
  }
}
