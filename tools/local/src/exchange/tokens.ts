import { PREDEFINED_USERS } from '../auth/users.js';
import { sleepUnlessAborted } from '../supervisor/sleep.js';
import type { Endpoints } from './endpoints.js';

type Tokens = Endpoints['tokens'];
type Name = keyof Tokens;

interface Login {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

interface TokenKeeperOptions {
  /** Base of the auth routes. */
  auth: string;
  /** Told whenever all tokens were renewed. */
  onRenewed: (tokens: Tokens) => void;
  onError: (error: unknown) => void;
}

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_MS = 5_000;

/** Tokens of the predefined users, renewed when three quarters of their life are over. */
export class TokenKeeper {
  private readonly ending = new AbortController();
  private logins: Readonly<Record<Name, Login>> | undefined;
  private renewing: Promise<void> | undefined;

  constructor(private readonly options: TokenKeeperOptions) {}

  /** Logs the users in, and keeps renewing from then on. */
  async start(): Promise<Tokens> {
    const tokens = await this.renew();
    this.renewing = this.keepRenewing();
    return tokens;
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.renewing;
  }

  private async keepRenewing(): Promise<void> {
    const { signal } = this.ending;
    for (let pauseMs = this.untilRenewalMs(); ;) {
      await sleepUnlessAborted(pauseMs, signal);
      if (signal.aborted) return;
      try {
        this.options.onRenewed(await this.renew());
        pauseMs = this.untilRenewalMs();
      } catch (error) {
        this.options.onError(error);
        pauseMs = RETRY_MS;
      }
    }
  }

  private untilRenewalMs(): number {
    const lives = Object.values(this.logins ?? {}).map(({ expires_in }) => expires_in);
    return Math.min(...lives) * 750;
  }

  private async renew(): Promise<Tokens> {
    const logins = await Promise.all(
      PREDEFINED_USERS.map(async (user) => [user.name, await this.logIn(user)] as const),
    );
    this.logins = Object.fromEntries(logins) as Record<Name, Login>;
    return Object.fromEntries(logins.map(([name, login]) => [name, login.access_token])) as Tokens;
  }

  /** By the refresh token; by the password where there is none, or its session was ended. */
  private async logIn({ name, email, password }: (typeof PREDEFINED_USERS)[number]): Promise<Login> {
    const before = this.logins?.[name as Name];
    if (before) {
      const answer = await this.post('refresh_token', { refresh_token: before.refresh_token });
      if (answer.ok) return (await answer.json()) as Login;
    }
    const answer = await this.post('password', { email, password });
    if (!answer.ok) throw new Error(`${name} cannot log in: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Login;
  }

  private post(grant: string, body: object): Promise<Response> {
    return fetch(`${this.options.auth}/token?grant_type=${grant}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  }
}
