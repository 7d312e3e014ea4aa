export interface TokenClaims {
  /** Epoch ms; absent where the token says nothing readable. */
  expiresAtMs?: number;
  sub?: string;
}

/** What a JWT says of itself, unverified: when to renew it and whose it is. An opaque token says nothing. */
export function readClaims(token: string): TokenClaims {
  const payload = token.split('.')[1];
  if (payload === undefined) return {};
  let claims: unknown;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
    claims = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Not a JWT: the server alone knows what it means.
    return {};
  }
  if (typeof claims !== 'object' || claims === null) return {};
  const { exp, sub } = claims as { exp?: unknown; sub?: unknown };
  return {
    ...(typeof exp === 'number' && Number.isFinite(exp) ? { expiresAtMs: exp * 1000 } : {}),
    ...(typeof sub === 'string' ? { sub } : {}),
  };
}
