import type express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import type { Labs } from '../labs/labs.ts';
import { ProblemError, toProblem } from '../labs/problem.ts';
import type { Guard } from './guard.ts';
import { createPage } from './page.ts';
import { createRoutes } from './routes.ts';

/**
 * The whole HTTP side: who may come in, the REST interface, the page.
 *
 * @param framework Express itself. Its callers load it when they need it: one that is imported by
 *   the bundle would make every command of the command line wait for it.
 */
export function createApp(
  framework: typeof express,
  options: { labs: Labs; guard: Guard; page: string },
): Express {
  const app = framework();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    const refusal = options.guard.refuse(request);
    if (refusal?.code !== 'wrong-host') {
      response.setHeaders(securityHeaders(request.headers.host ?? ''));
    }
    if (refusal === undefined || refusal.code === 'unauthorized') {
      const signIn = options.guard.signIn(request);
      if (signIn) {
        response.setHeader('Set-Cookie', signIn.cookie).redirect(303, signIn.location);
        return;
      }
    }
    if (refusal) throw refusal;
    next();
  });
  app.use(createRoutes(framework, options.labs));
  app.use(createPage(framework, options.page));
  app.use(onError);
  return app;
}

/** `host` has passed the guard. Styles: the terminal and the canvas set theirs from scripts. */
function securityHeaders(host: string): Map<string, string> {
  return new Map([
    [
      'Content-Security-Policy',
      [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        `connect-src 'self' ws://${host} wss://${host}`,
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
    ],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['X-Frame-Options', 'DENY'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
  ]);
}

const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status, problem } = toProblem(asProblem(error));
  const wantsPage =
    !request.path.startsWith('/api/') && request.accepts(['json', 'html']) === 'html';
  response.status(status);
  if (!wantsPage) response.json(problem);
  else if (problem.code === 'unauthorized' && request.headers['sec-fetch-site'] === 'cross-site') {
    // The browser holds a strict cookie back on the way here from another site, but not when the
    // page itself asks again.
    response.type('html').send('<!doctype html><meta http-equiv="refresh" content="0">');
  } else response.type('text/plain').send(`${problem.message}\n`);
};

/** Errors of Express and its body reader, as ours. */
function asProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error) || error instanceof ProblemError) {
    return error;
  }
  if (error.status === 413) return new ProblemError('too-large', 'The body is larger than 2 MiB.');
  if (error.status === 415) return new ProblemError('wrong-type', error.message);
  if (typeof error.status === 'number' && error.status >= 400 && error.status < 500) {
    const isJson = 'type' in error && error.type === 'entity.parse.failed';
    const message = isJson ? 'The body is not valid JSON' : 'The request is wrong';
    return new ProblemError('bad-request', `${message}: ${error.message}`);
  }
  return error;
}
