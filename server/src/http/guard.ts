import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ProblemError } from '../labs/problem.ts';

/** Who may talk to the server. */
export interface Guard {
  /** The reason to refuse a request of whatever kind, or undefined. Throws nothing. */
  refuse(request: IncomingMessage): ProblemError | undefined;
  /** For a page address that carries the right token: where to go on, and the cookie to go with. */
  signIn(request: IncomingMessage): { location: string; cookie: string } | undefined;
}

/** True for an address that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * @param options.host the address that the server listens at
 * @param options.token required of everybody when given
 */
export function createGuard(options: { host: string; port: number; token?: string }): Guard {
  const { token } = options;
  const cookieName = `cnilab-${options.port}`;
  const names = new Set(['localhost', '127.0.0.1', '::1', options.host.toLowerCase()]);
  if (token !== undefined) names.add(hostname().toLowerCase());

  /** A name that somebody else's DNS points here is not ours (DNS rebinding). */
  const isOurs = (name: string) =>
    names.has(name) || (token !== undefined && isIP(name.split('%')[0] ?? '') !== 0);

  const isSignedIn = ({ headers }: IncomingMessage) => {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    return [bearer, cookie(headers.cookie, cookieName)].some(
      (given) => given !== undefined && token !== undefined && isSame(given, token),
    );
  };

  return {
    refuse: (request) => {
      const { host, origin } = request.headers;
      const name = hostName(host);
      if (name === undefined || !isOurs(name)) {
        return new ProblemError(
          'wrong-host',
          `This server does not answer to the name ${JSON.stringify(name ?? host ?? '')}. Use http://localhost:${options.port}/ or the address that cnilab printed.`,
        );
      }
      if (origin !== undefined && !isSameOrigin(origin, host)) {
        return new ProblemError(
          'forbidden',
          'The request came from a page of another address, so it was refused.',
        );
      }
      if (token !== undefined && !isSignedIn(request)) {
        return new ProblemError(
          'unauthorized',
          'Open the address with ?token=… that cnilab printed, or send the token as "Authorization: Bearer".',
        );
      }
      return undefined;
    },
    signIn: (request) => {
      // `//` is a request that HTTP allows and URL does not.
      const address = request.url ?? '/';
      if (!URL.canParse(address, 'http://localhost')) return undefined;
      const url = new URL(address, 'http://localhost');
      const given = url.searchParams.get('token');
      if (request.method !== 'GET' || token === undefined || given === null) return undefined;
      if (!isSame(given, token)) return undefined;
      url.searchParams.delete('token');
      return {
        // Two slashes would lead to another host.
        location: url.pathname.replace(/^\/+/, '/') + url.search,
        cookie: `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000`,
      };
    },
  };
}

/** `Host` without port and brackets, in small letters. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** In constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function cookie(header: string | undefined, name: string): string | undefined {
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
