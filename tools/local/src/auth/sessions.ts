import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { JsonFile } from '../json-file.js';
import { AuthError } from './errors.js';

/** Sessions a user can have at a time; one more ends the oldest. */
const MAX_SESSIONS_PER_USER = 10;

/** How long the refresh token before the newest still works: two tabs may refresh at once, an answer may get lost. */
const REUSE_INTERVAL_MS = 10_000;

export interface Session {
  id: string;
  userId: string;
  /** Number of the newest refresh token; grows by one at every rotation. */
  counter: number;
  /** Epoch ms. */
  createdAt: number;
  rotatedAt: number;
}

/**
 * Sessions and their refresh tokens. A token is its session's id, its number and a MAC over both: nothing that could be
 * used to log in is stored, and a lost answer can be given again.
 */
export class SessionStore {
  private readonly sessions = new Map<string, Session>();

  private constructor(
    private readonly file: JsonFile<Session[]>,
    private readonly secret: Buffer,
    private readonly now: () => number,
  ) {}

  static async open(dir: string, secret: Buffer, now: () => number = Date.now): Promise<SessionStore> {
    const store = new SessionStore(new JsonFile(join(dir, 'sessions.json')), secret, now);
    for (const session of (await store.file.read()) ?? []) store.sessions.set(session.id, session);
    return store;
  }

  async create(userId: string): Promise<{ session: Session; refreshToken: string }> {
    const now = this.now();
    const session: Session = { id: randomUUID(), userId, counter: 1, createdAt: now, rotatedAt: now };
    // A map keeps the order of insertion: the first of a user's sessions is the oldest.
    const own = this.ofUser(userId);
    for (const { id } of own.slice(0, Math.max(0, own.length + 1 - MAX_SESSIONS_PER_USER))) this.sessions.delete(id);
    this.sessions.set(session.id, session);
    await this.save();
    return { session, refreshToken: this.tokenOf(session) };
  }

  /**
   * Takes a refresh token and gives the next one.
   *
   * @throws AuthError for an unknown token, and for a used one: then the whole session ends, since one of the two who
   *   hold it stole it
   */
  async rotate(refreshToken: string): Promise<{ session: Session; refreshToken: string }> {
    const { session, counter } = this.read(refreshToken);
    const now = this.now();
    if (counter === session.counter) {
      session.counter += 1;
      session.rotatedAt = now;
      await this.save();
    } else if (counter < session.counter - 1 || now - session.rotatedAt > REUSE_INTERVAL_MS) {
      this.sessions.delete(session.id);
      await this.save();
      throw new AuthError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
    }
    return { session, refreshToken: this.tokenOf(session) };
  }

  get(id: string): Session | undefined {
    return this.sessions.get(id);
  }

  /** Ends this session, all sessions of its user, or all but this one. */
  async end({ id, userId }: Session, scope: 'local' | 'global' | 'others'): Promise<void> {
    for (const session of this.ofUser(userId)) {
      if (scope === 'global' || (session.id === id) === (scope === 'local')) this.sessions.delete(session.id);
    }
    await this.save();
  }

  private read(refreshToken: string): { session: Session; counter: number } {
    const [id = '', number = ''] = refreshToken.split('.');
    const counter = /^[1-9]\d{0,14}$/.test(number) ? Number(number) : 0;
    const expected = Buffer.from(this.sign(id, counter));
    const given = Buffer.from(refreshToken);
    const session = this.sessions.get(id);
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    if (!genuine || session === undefined || counter > session.counter) {
      throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
    }
    return { session, counter };
  }

  private tokenOf({ id, counter }: Session): string {
    return this.sign(id, counter);
  }

  private sign(id: string, counter: number): string {
    const mac = createHmac('sha256', this.secret).update(`${id}.${counter}`).digest('base64url').slice(0, 22);
    return `${id}.${counter}.${mac}`;
  }

  private ofUser(userId: string): Session[] {
    return [...this.sessions.values()].filter((session) => session.userId === userId);
  }

  private save(): Promise<void> {
    return this.file.save([...this.sessions.values()]);
  }
}
