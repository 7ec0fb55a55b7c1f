import type express from 'express';
import type { RequestHandler, Router } from 'express';
import type { z } from 'zod';
import { api, type ApiName } from '@cnilab/shared/protocol/api';
import { doctor } from '../labs/doctor.ts';
import { listExamples } from '../labs/examples.ts';
import type { Labs } from '../labs/labs.ts';
import { ProblemError } from '../labs/problem.ts';

interface Route {
  verb: 'get' | 'post' | 'put' | 'delete';
  path: string;
  handler: RequestHandler;
}

/** The REST interface of the `api` table. */
export function createRoutes(framework: typeof express, labs: Labs): Router {
  const routes: Record<ApiName, Route> = {
    listLabs: route(api.listLabs, () => labs.list()),
    createLab: route(api.createLab, ({ text }) => labs.create(text)),
    getLab: route(api.getLab, ({ lab }) => labs.get(lab)),
    saveLab: route(api.saveLab, ({ lab, base, text }) => labs.save(lab, base, text)),
    deleteLab: route(api.deleteLab, ({ lab }) => labs.remove(lab).then(nothing)),
    deployLab: route(api.deployLab, ({ lab }) => labs.deploy(lab)),
    stopLab: route(api.stopLab, ({ lab }) => labs.stop(lab).then(nothing)),
    resetLab: route(api.resetLab, ({ lab }) => labs.reset(lab)),
    getState: route(api.getState, async ({ lab }) => {
      if (labs.run(lab) === undefined) await labs.get(lab);
      return labs.state(lab);
    }),
    runCheck: route(api.runCheck, ({ lab, check }) => labs.request(lab, 'check', { check })),
    runChecks: route(api.runChecks, ({ lab }) => labs.runChecks(lab)),
    runOperation: route(api.runOperation, async ({ lab, request }) => {
      const { operations } = await labs.request(lab, 'operate', request);
      return operations;
    }),
    listExamples: route(api.listExamples, () => listExamples()),
    doctor: route(api.doctor, () => doctor()),
  };
  const router = framework.Router({ caseSensitive: true });
  router.use('/api', (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    requireJson(request.headers);
    next();
  });
  router.use('/api', framework.json({ limit: '2mb', type: 'application/json', strict: true }));
  for (const { verb, path, handler } of Object.values(routes)) router[verb](path, handler);
  router.use('/api', (request) => {
    throw new ProblemError('not-found', `There is no ${request.method} ${request.originalUrl}.`);
  });
  return router;
}

const nothing = () => ({});

/** A form of another site can send any text, but not with this type (CSRF). */
function requireJson(headers: NodeJS.Dict<string | string[]>): void {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const type = String(headers['content-type'] ?? '').split(';')[0];
  if (hasBody && type?.trim().toLowerCase() !== 'application/json') {
    throw new ProblemError('wrong-type', 'Send the body with "Content-Type: application/json".');
  }
}

interface Endpoint<I, O> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  input: z.ZodType<I>;
  output: z.ZodType<O>;
}

const verbs = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const;

function route<I, O>(endpoint: Endpoint<I, O>, handler: (input: I) => Promise<NoInfer<O>>): Route {
  return {
    verb: verbs[endpoint.method],
    path: endpoint.path,
    handler: async (request, response) => {
      const body: unknown = request.body ?? {};
      if (typeof body !== 'object' || Array.isArray(body)) {
        throw new ProblemError('bad-request', 'The body must be a JSON object.');
      }
      const input = endpoint.input.safeParse({ ...body, ...request.params });
      if (!input.success) throw badInput(input.error);
      response.json(await handler(input.data));
    },
  };
}

/** What is wrong with an input, in one sentence. */
export function badInput(error: z.ZodError): ProblemError {
  const [issue] = error.issues;
  const where = issue?.path.length ? ` (${issue.path.join('.')})` : '';
  return new ProblemError('bad-request', `The request is wrong${where}: ${issue?.message ?? ''}`);
}
