import { api, problemSchema, type Api, type ApiName } from '@cnilab/shared/protocol/api';
import { ServerProblem, ServerUnreachable } from './problems.ts';
import type { ApiClient } from './services.ts';

/** The REST interface of the server that the page came from. */
export function createApi(): ApiClient {
  return { call };
}

async function call<N extends ApiName>(name: N, input: Api[N]['input']): Promise<Api[N]['output']> {
  const { method, path, output } = api[name];
  const rest = new Map<string, unknown>(Object.entries(input));
  const url = path.replace(/:([a-z]+)/g, (_, key: string) => {
    const value = rest.get(key);
    rest.delete(key);
    return encodeURIComponent(String(value));
  });
  const body = await request(url, method, rest);
  return output.parse(body) as Api[N]['output'];
}

/** Browsers refuse more than 64 KiB; a character may be three bytes. */
const keepaliveLength = 20_000;

async function request(url: string, method: string, body: Map<string, unknown>): Promise<unknown> {
  const text = JSON.stringify(Object.fromEntries(body));
  const options: RequestInit =
    method === 'GET'
      ? { method }
      : {
          method,
          headers: { 'content-type': 'application/json' },
          body: text,
          // A page that is being closed still gets its last save out.
          keepalive: document.hidden && text.length < keepaliveLength,
        };
  const response = await fetch(url, options).catch((cause: unknown) => {
    throw new ServerUnreachable(cause);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const problem = problemSchema.safeParse(answer);
  if (problem.success) throw new ServerProblem(problem.data);
  // A proxy in front of a server that is gone answers in its own words.
  if (response.status >= 502 && response.status <= 504) throw new ServerUnreachable();
  throw new ServerProblem({
    code: 'internal',
    message: `The server answered ${response.status} ${response.statusText}.`.trim(),
  });
}
