import { ClientErrorCode, messageOf, SupernobaError } from './errors.js';

/** What this client needs of a Supabase client; `createClient` of supabase-js gives one. */
export interface SupabaseLike {
  auth: {
    getSession(): Promise<{ data: { session: { access_token: string } | null }; error: unknown }>;
    onAuthStateChange(listener: (event: string, session: { access_token: string } | null) => void): {
      data: { subscription: { unsubscribe(): void } };
    };
  };
}

/** Gives the user's token, or null for nobody. `forceRefresh`: the last one was refused, a cached one will not do. */
export type TokenCallback = (options: { forceRefresh: boolean }) => string | null | Promise<string | null>;

/**
 * Who acts: a Supabase client, a token callback, or a test user (`{ testUser: 'name' }`, only where the exchange runs
 * with its test mode on).
 */
export type ClientAuth = SupabaseLike | TokenCallback | { testUser: string };

/** Where tokens come from, whatever the app logs in with. */
export interface Identity {
  readonly testUser: string | undefined;
  /** @throws SupernobaError `AUTH_FAILED` when the source fails. */
  token(options: { forceRefresh: boolean }): Promise<string | null>;
  /** Calls back with every token the source changes to by itself. Returns the undo. */
  watch(changed: (token: string | null) => void): () => void;
}

/** @throws SupernobaError `INVALID_ARGUMENT` for anything that is no {@link ClientAuth}. */
export function resolveIdentity(auth: ClientAuth | undefined): Identity {
  if (auth === undefined) return identity({});
  if (typeof auth === 'function') return identity({ source: async (options) => auth(options) });
  if (typeof auth === 'object' && auth !== null) {
    if ('testUser' in auth && isTestName(auth.testUser)) return identity({ testUser: auth.testUser });
    if ('auth' in auth && typeof auth.auth?.getSession === 'function') return supabaseIdentity(auth);
  }
  const message = "option 'auth' must be a Supabase client, a function that gives a token, or { testUser: 'name' }";
  throw new SupernobaError(ClientErrorCode.InvalidArgument, message);
}

function supabaseIdentity(supabase: SupabaseLike): Identity {
  return identity({
    async source() {
      const { data, error } = await supabase.auth.getSession();
      if (error) throw new Error('Supabase gave no session', { cause: error });
      return data.session?.access_token ?? null;
    },
    watch(changed) {
      const { data } = supabase.auth.onAuthStateChange((_event, session) => changed(session?.access_token ?? null));
      return () => data.subscription.unsubscribe();
    },
  });
}

interface IdentityParts {
  testUser?: string;
  source?: (options: { forceRefresh: boolean }) => Promise<unknown>;
  watch?: Identity['watch'];
}

function identity({ testUser, source, watch }: IdentityParts): Identity {
  return {
    testUser,
    async token(options) {
      if (!source) return null;
      let token: unknown;
      try {
        token = await source(options);
      } catch (thrown) {
        if (thrown instanceof SupernobaError) throw thrown;
        const message = `no token: ${messageOf(thrown)}`;
        throw new SupernobaError(ClientErrorCode.AuthFailed, message, { retryable: true, cause: thrown });
      }
      if (token === null || token === undefined || token === '') return null;
      if (typeof token === 'string') return token;
      throw new SupernobaError(ClientErrorCode.AuthFailed, `the token source gave a ${typeof token}, not a string`);
    },
    watch: watch ?? (() => () => undefined),
  };
}

function isTestName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(name);
}
