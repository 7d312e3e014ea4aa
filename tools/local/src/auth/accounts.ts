import { AccessTokens, type AccessTokenOptions } from './access-tokens.js';
import { AuthError } from './errors.js';
import { verifyPassword } from './passwords.js';
import { SessionStore, type Session } from './sessions.js';
import { UserStore, type User } from './users.js';

const EMAIL_PATTERN = /^[^\s@]{1,64}@[^\s@]{1,189}$/;
const MIN_PASSWORD_LENGTH = 6;
const MAX_PASSWORD_LENGTH = 72;
const MAX_METADATA_BYTES = 4096;

/** What a body of the auth routes may hold; nothing is believed of its types. */
export type Fields = Readonly<Record<string, unknown>>;

export interface AccountsOptions extends AccessTokenOptions {
  /** Folder of keys, users and sessions. */
  dir: string;
  /** Clock of the sessions, epoch ms. */
  now?: () => number;
}

/** Users, their sessions and tokens: what the auth routes do, without HTTP. Answers have Supabase's shapes. */
export class Accounts {
  private constructor(
    private readonly users: UserStore,
    private readonly sessions: SessionStore,
    private readonly tokens: AccessTokens,
  ) {}

  static async open({ dir, now = Date.now, ...options }: AccountsOptions): Promise<Accounts> {
    const tokens = await AccessTokens.open(dir, options);
    const [users, sessions] = await Promise.all([
      UserStore.open(dir),
      SessionStore.open(dir, tokens.refreshSecret, now),
    ]);
    return new Accounts(users, sessions, tokens);
  }

  jwks() {
    return { keys: [this.tokens.publicJwk] };
  }

  async signUp({ email, password, data }: Fields) {
    if (typeof email !== 'string' || !EMAIL_PATTERN.test(email.trim())) {
      throw new AuthError(400, 'validation_failed', 'Unable to validate email address: invalid format');
    }
    if (typeof password !== 'string' || password.length < MIN_PASSWORD_LENGTH) {
      const message = `Password should be at least ${MIN_PASSWORD_LENGTH} characters.`;
      throw new AuthError(422, 'weak_password', message, { weak_password: { reasons: ['length'] } });
    }
    if (password.length > MAX_PASSWORD_LENGTH) {
      throw new AuthError(400, 'validation_failed', `Password cannot be longer than ${MAX_PASSWORD_LENGTH} characters`);
    }
    return this.openSession(await this.users.create({ email, password, metadata: metadataOf(data) }));
  }

  async signInWithPassword({ email, password }: Fields) {
    if (typeof email !== 'string' || typeof password !== 'string' || password.length > MAX_PASSWORD_LENGTH) {
      throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
    }
    const user = this.users.findByEmail(email);
    if (!(await verifyPassword(password, user?.passwordHash)) || user === undefined) {
      throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
    }
    return this.openSession(user);
  }

  async refresh({ refresh_token: refreshToken }: Fields) {
    if (typeof refreshToken !== 'string' || refreshToken === '') {
      throw new AuthError(400, 'validation_failed', 'refresh_token required');
    }
    const rotated = await this.sessions.rotate(refreshToken);
    const user = this.users.get(rotated.session.userId);
    if (user === undefined) throw new AuthError(403, 'user_not_found', 'User from refresh token does not exist');
    return this.answer(user, rotated.session, rotated.refreshToken);
  }

  /** The user whom an access token names. */
  async user(accessToken: string) {
    const { user, session } = await this.authenticate(accessToken);
    return describeUser(user, session);
  }

  async signOut(accessToken: string, scope: string): Promise<void> {
    if (scope !== 'global' && scope !== 'local' && scope !== 'others') {
      throw new AuthError(400, 'validation_failed', `Unsupported logout scope "${scope}"`);
    }
    const { session } = await this.authenticate(accessToken);
    await this.sessions.end(session, scope);
  }

  private async authenticate(accessToken: string): Promise<{ user: User; session: Session }> {
    const { userId, sessionId } = await this.tokens.verify(accessToken);
    const user = this.users.get(userId);
    if (user === undefined) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    const session = this.sessions.get(sessionId);
    if (session?.userId !== userId) {
      throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
    }
    return { user, session };
  }

  private async openSession(user: User) {
    const { session, refreshToken } = await this.sessions.create(user.id);
    return this.answer(user, session, refreshToken);
  }

  private async answer(user: User, session: Session, refreshToken: string) {
    const { token, expiresIn, expiresAt } = await this.tokens.sign(user, session);
    return {
      access_token: token,
      token_type: 'bearer',
      expires_in: expiresIn,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: describeUser(user, session),
    };
  }
}

function metadataOf(data: unknown): Record<string, unknown> {
  if (data === undefined || data === null) return {};
  const size = Buffer.byteLength(JSON.stringify(data));
  if (typeof data !== 'object' || Array.isArray(data) || size > MAX_METADATA_BYTES) {
    throw new AuthError(400, 'validation_failed', `data must be an object of at most ${MAX_METADATA_BYTES} bytes`);
  }
  return data as Record<string, unknown>;
}

function describeUser({ id, email, appMetadata, userMetadata, createdAt }: User, session: Session) {
  const created = new Date(createdAt).toISOString();
  const signedIn = new Date(session.createdAt).toISOString();
  const identity = {
    identity_id: id,
    id,
    user_id: id,
    identity_data: { email, email_verified: true, sub: id },
    provider: 'email',
    email,
    last_sign_in_at: signedIn,
    created_at: created,
    updated_at: created,
  };
  return {
    id,
    aud: 'authenticated',
    role: 'authenticated',
    email,
    email_confirmed_at: created,
    confirmed_at: created,
    phone: '',
    last_sign_in_at: signedIn,
    app_metadata: appMetadata,
    user_metadata: userMetadata,
    identities: [identity],
    created_at: created,
    updated_at: created,
    is_anonymous: false,
  };
}
