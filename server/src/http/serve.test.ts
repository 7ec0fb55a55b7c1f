import { request as httpRequest } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeBox } from '../labs/fakeBox.ts';
import { startServer, type RunningServer } from './serve.ts';

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** Not fetch: it forbids to set Host and Origin. */
function ask(
  server: RunningServer,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { hostname: host, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host, port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

const json = { 'content-type': 'application/json' };
const jsonOf = (answer: Answer): unknown => JSON.parse(answer.body);

let folder: string;
let server: RunningServer;
let guarded: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnilab-http-'));
  const page = join(folder, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<!doctype html>the page');
  await writeFile(join(page, 'assets', 'index-abc123.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'TOP-HIDDEN');
  const startBox = async () => createFakeBox();
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    data: join(folder, 'open'),
    page,
    startBox,
  });
  guarded = await startServer({
    port: 0,
    host: '0.0.0.0',
    data: join(folder, 'guarded'),
    page,
    startBox,
  });
  // The printed address may be one of a network; the tests stay on loopback.
  guarded.url = guarded.url.replace(/\/\/[^:]+:/, '//127.0.0.1:');
});
afterAll(async () => {
  await Promise.all([server.close(), guarded.close()]);
  await rm(folder, { recursive: true, force: true });
});

const port = (of: RunningServer) => new URL(of.url).port;

describe('the REST interface', () => {
  const text = 'cnilab: 1\nname: web\n';

  it('keeps, deploys, checks, stops and deletes labs', async () => {
    const created = await ask(server, '/api/labs', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ text }),
    });
    expect(created.status).toBe(200);
    expect(jsonOf(created)).toMatchObject({ name: 'web', text });
    const deployed = await ask(server, '/api/labs/web/deploy', { method: 'POST' });
    expect(jsonOf(deployed)).toMatchObject({ ok: true });
    expect(jsonOf(await ask(server, '/api/labs'))).toMatchObject([
      { name: 'web', state: 'running', errors: 0 },
    ]);
    const check = { name: 'p', from: 'node1', ping: '192.0.2.1' };
    const checked = await ask(server, '/api/labs/web/check', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ check, lab: 'other' }),
    });
    expect(jsonOf(checked)).toMatchObject({ name: 'p', ok: true });
    expect((await ask(server, '/api/labs/web/stop', { method: 'POST' })).status).toBe(200);
    expect((await ask(server, '/api/labs/web/state')).status).toBe(409);
    expect((await ask(server, '/api/labs/web', { method: 'DELETE' })).status).toBe(200);
    expect(jsonOf(await ask(server, '/api/labs'))).toEqual([]);
  });

  it.each([
    ['GET', '/api/labs/nothing', '', 404, 'not-found'],
    ['GET', '/api/nothing', '', 404, 'not-found'],
    ['GET', '/api/labs/..%2f..%2fetc', '', 400, 'bad-request'],
    ['GET', '/api/labs/%zz', '', 400, 'bad-request'],
    ['POST', '/api/labs', '{"text": ', 400, 'bad-request'],
    ['POST', '/api/labs', '[1]', 400, 'bad-request'],
    ['POST', '/api/labs', '{"text": 3}', 400, 'bad-request'],
    ['POST', '/api/labs/x/check', '{"check": {"name": "p"}}', 400, 'bad-request'],
    ['POST', '/api/labs', JSON.stringify({ text: 'x'.repeat(3_000_000) }), 413, 'too-large'],
  ])('answers %s %s %.30s with a problem', async (method, path, body, status, code) => {
    const answer = await ask(server, path, { method, ...(body && { headers: json, body }) });
    expect(answer.status).toBe(status);
    expect(jsonOf(answer)).toMatchObject({ code, message: expect.any(String) });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'takes no body of type %s, which a form elsewhere could send',
    async (type) => {
      const answer = await ask(server, '/api/labs', {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify({ text: 'cnilab: 1\nname: forged\n' }),
      });
      expect(answer.status).toBe(415);
      expect(jsonOf(await ask(server, '/api/labs'))).toEqual([]);
    },
  );
});

describe('the page', () => {
  it.each(['/', '/labs/web', '/labs/web.v2', '/anything/else'])('is at %s', async (path) => {
    const answer = await ask(server, path);
    expect(answer).toMatchObject({ status: 200, body: '<!doctype html>the page' });
    expect(answer.headers['cache-control']).toBe('no-cache');
  });

  it('has assets that browsers keep, and no others', async () => {
    const asset = await ask(server, '/assets/index-abc123.js');
    expect(asset.headers['cache-control']).toContain('immutable');
    expect((await ask(server, '/assets/gone.js')).status).toBe(404);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '//secret.txt',
  ])('shows no file outside of it: %s', async (path) => {
    expect((await ask(server, path)).body).not.toContain('TOP-HIDDEN');
  });

  it('forbids scripts of others, framing and guessing of types', async () => {
    const { headers } = await ask(server, '/');
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('who may come in', () => {
  it.each(['localhost', '127.0.0.1', '[::1]'])('answers to the name %s', async (name) => {
    for (const host of [name, `${name}:${port(server)}`, `${name}:8080`]) {
      expect((await ask(server, '/api/labs', { headers: { host } })).status).toBe(200);
    }
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '192.0.2.1',
    'localhost@evil.example',
    ':80',
    'a b',
  ])(
    'does not answer to the name %j, to which somebody else may have pointed this address',
    async (host) => {
      for (const path of ['/', '/api/labs', '/socket.io/?EIO=4&transport=polling']) {
        const answer = await ask(server, path, { headers: { host } });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.body).not.toContain('the page');
      }
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost:1', 'http://127.0.0.1.evil.example'])(
    'refuses requests from pages of %s',
    async (origin) => {
      for (const path of ['/api/labs', '/socket.io/?EIO=4&transport=polling']) {
        const answer = await ask(server, path, { headers: { origin } });
        expect(answer.status).toBe(403);
      }
    },
  );

  it('lets its own page in, under the name that the browser used', async () => {
    const host = `localhost:${port(server)}`;
    const answer = await ask(server, '/api/labs', { headers: { host, origin: `http://${host}` } });
    expect(answer.status).toBe(200);
  });

  it('needs no token on loopback', () => {
    expect(server.token).toBeUndefined();
  });
});

describe('beyond loopback', () => {
  it('prints an address with a token of 32 random bytes', () => {
    expect(Buffer.from(guarded.token ?? '', 'base64url')).toHaveLength(32);
    expect(guarded.url).toContain(`?token=${guarded.token}`);
  });

  it('lets nobody in without the token', async () => {
    const wrong = 'x'.repeat(43);
    for (const headers of [
      {},
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${wrong}` },
      { cookie: `cnilab-${port(guarded)}=${wrong}` },
    ]) {
      for (const path of [
        '/',
        '/api/labs',
        '/socket.io/?EIO=4&transport=polling',
        `/?token=${wrong}`,
      ]) {
        const answer = await ask(guarded, path, { headers });
        expect([401, 403]).toContain(answer.status);
        expect(answer.body).not.toContain('the page');
      }
    }
  });

  it('turns the token in the address into a cookie and leads to the clean address', async () => {
    const first = await ask(guarded, `/labs/web?token=${guarded.token}&x=1`);
    expect(first).toMatchObject({ status: 303, headers: { location: '/labs/web?x=1' } });
    const [setCookie] = [first.headers['set-cookie'] ?? []].flat();
    expect(setCookie).toMatch(/HttpOnly; SameSite=Strict/);
    const cookie = setCookie?.split(';')[0] ?? '';
    expect((await ask(guarded, '/labs/web', { headers: { cookie } })).status).toBe(200);
  });

  it('never leads to another host', async () => {
    const answer = await ask(guarded, `//evil.example/?token=${guarded.token}`);
    expect(answer.headers.location ?? '').not.toMatch(/^\/\//);
  });

  it('gives an answer to an address that is none', async () => {
    for (const path of ['//', '///', '//[', '/%', 'http://[/']) {
      const { status, body } = await ask(guarded, path);
      expect([401, 404], path).toContain(status);
      expect(body).not.toContain('the page');
      expect((await ask(server, path)).status, path).toBeLessThan(500);
    }
  });

  it('takes the token as a bearer', async () => {
    const authorization = `Bearer ${guarded.token}`;
    expect((await ask(guarded, '/api/labs', { headers: { authorization } })).status).toBe(200);
  });

  it('answers to addresses and the name of this machine, not to other names', async () => {
    const authorization = `Bearer ${guarded.token}`;
    for (const host of ['192.0.2.7:4600', '[2001:db8::1]', hostname()]) {
      expect((await ask(guarded, '/api/labs', { headers: { authorization, host } })).status).toBe(
        200,
      );
    }
    const headers = { authorization, host: 'evil.example' };
    expect((await ask(guarded, '/api/labs', { headers })).status).toBe(421);
  });
});

describe('the start', () => {
  it('says what to do when the port is taken', async () => {
    const options = { port: Number(port(server)), host: '127.0.0.1', data: join(folder, 'third') };
    await expect(startServer(options)).rejects.toThrow(/in use already.*--port/);
  });
});
