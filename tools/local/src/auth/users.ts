import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { JsonFile } from '../json-file.js';
import { AuthError } from './errors.js';
import { hashPassword } from './passwords.js';

const MAX_USERS = 2_000;

export interface User {
  id: string;
  email: string;
  passwordHash: string;
  /** Written by the server alone: `role` opens the admin routes. */
  appMetadata: { provider: 'email'; providers: ['email']; role?: 'admin' };
  /** Whatever the user gave at sign-up. */
  userMetadata: Record<string, unknown>;
  /** Epoch ms. */
  createdAt: number;
}

interface PredefinedUser {
  id: string;
  name: string;
  email: string;
  password: string;
  role?: 'admin';
}

const predefined = (name: string, id: string, role?: 'admin'): PredefinedUser => ({
  id,
  name,
  email: `${name}@supernoba.local`,
  password: `${name}-password`,
  ...(role ? { role } : {}),
});

/** Users that every fresh store has. Their ids are fixed, so that data of one run fits the next after a reset. */
export const PREDEFINED_USERS = [
  predefined('alice', 'a11ce000-0000-4000-8000-000000000001'),
  predefined('bob', 'b0b00000-0000-4000-8000-000000000002'),
  predefined('admin', 'ad000000-0000-4000-8000-000000000003', 'admin'),
] as const;

/** The users, kept in a file. */
export class UserStore {
  private readonly byId = new Map<string, User>();
  private readonly byEmail = new Map<string, User>();

  private constructor(private readonly file: JsonFile<User[]>) {}

  static async open(dir: string): Promise<UserStore> {
    const store = new UserStore(new JsonFile(join(dir, 'users.json')));
    for (const user of (await store.file.read()) ?? []) store.index(user);
    const missing = PREDEFINED_USERS.filter(({ email }) => !store.byEmail.has(email));
    await Promise.all(
      missing.map(({ id, email, password, role }) => store.create({ id, email, password, ...(role ? { role } : {}) })),
    );
    return store;
  }

  get(id: string): User | undefined {
    return this.byId.get(id);
  }

  findByEmail(email: string): User | undefined {
    return this.byEmail.get(normalise(email));
  }

  /** @throws AuthError when the address is taken or the store is full */
  async create(wanted: {
    id?: string;
    email: string;
    password: string;
    role?: 'admin';
    metadata?: Record<string, unknown>;
  }): Promise<User> {
    const email = normalise(wanted.email);
    this.requireRoom(email);
    const passwordHash = await hashPassword(wanted.password);
    // Somebody may have taken the address while the password was hashed.
    this.requireRoom(email);
    const user: User = {
      id: wanted.id ?? randomUUID(),
      email,
      passwordHash,
      appMetadata: { provider: 'email', providers: ['email'], ...(wanted.role ? { role: wanted.role } : {}) },
      userMetadata: wanted.metadata ?? {},
      createdAt: Date.now(),
    };
    this.index(user);
    await this.file.save(this.all());
    return user;
  }

  private requireRoom(email: string): void {
    if (this.byEmail.has(email)) throw new AuthError(422, 'user_already_exists', 'User already registered');
    if (this.byId.size >= MAX_USERS) {
      throw new AuthError(422, 'signup_disabled', `This stand-in holds at most ${MAX_USERS} users`);
    }
  }

  private index(user: User): void {
    this.byId.set(user.id, user);
    this.byEmail.set(user.email, user);
  }

  private all(): User[] {
    return [...this.byId.values()];
  }
}

function normalise(email: string): string {
  return email.trim().toLowerCase();
}
