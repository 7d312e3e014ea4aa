import { request } from 'undici';

interface TokenAnswer {
  access_token?: string;
  code?: string;
  message?: string;
}

/** Tokens of `count` users of the exchange's auth service, signed up where they do not exist yet. */
export async function replayUsers(auth: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const email = `replay-${String(index + 1).padStart(3, '0')}@supernoba.local`;
    const credentials = { email, password: 'replay-password' };
    const known = await post(`${auth}/token?grant_type=password`, credentials);
    const answer = known.access_token ? known : await post(`${auth}/signup`, credentials);
    if (!answer.access_token) throw new Error(`no token for ${email}: ${answer.code} ${answer.message}`);
    tokens.push(answer.access_token);
  }
  return tokens;
}

async function post(url: string, body: object): Promise<TokenAnswer> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.body.json()) as TokenAnswer;
}
