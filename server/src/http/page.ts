import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type express from 'express';
import type { Router } from 'express';
import { ProblemError } from '../labs/problem.ts';

/** Serves the built page; every address that is no file of it is the page itself. */
export function createPage(framework: typeof express, folder: string): Router {
  const router = framework.Router();
  router.use(
    framework.static(folder, {
      index: false,
      redirect: false,
      setHeaders: (response, path) => {
        // The build puts a hash of the content into the names below assets.
        const isHashed = path.startsWith(join(folder, 'assets'));
        response.setHeader(
          'Cache-Control',
          isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
        );
      },
    }),
  );
  router.use((request, response, next) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD';
    if (!isPage || request.path.startsWith('/assets/')) {
      throw new ProblemError('not-found', `There is no ${request.method} ${request.path}.`);
    }
    if (!existsSync(join(folder, 'index.html'))) {
      throw new ProblemError('not-found', 'The page is not built yet. Run: npm run build');
    }
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile('index.html', { root: folder, cacheControl: false }, (error?: Error) => {
      if (error && !response.headersSent) next(error);
    });
  });
  return router;
}
