import { request } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import type { ClientToServer, ServerToClient } from '@cnilab/shared/protocol/socket';

type Client = Socket<ServerToClient, ClientToServer>;

const text = `cnilab: 1
name: soak
hosts:
  - name: node1
    networks:
      - {cniVersion: 1.0.0, name: net, type: bridge, bridge: br0, isGateway: true,
         ipam: {type: host-local, subnet: 10.1.0.0/24}}
    pods:
      - {name: web, attachments: [{network: net}], listen: [{protocol: tcp, port: 80}]}
`;

/** What every round needs once. */
export const prepare = (url: string): Promise<void> => call(url, '/api/labs', { text });

/**
 * One deploy and one stop as people cause them: a browser comes, watches, has a command run, starts
 * another one that goes on, and leaves before or after the lab is stopped. In every fifth round the
 * lab is stopped while it is still being deployed.
 */
export async function playRound(url: string, round: number): Promise<void> {
  const client: Client = io(url, { transports: ['websocket'], forceNew: true });
  try {
    await client.emitWithAck('watch', { lab: 'soak' });
    if (round % 5 === 4) {
      const started = new Promise<void>((resolve) => client.once('snapshot', () => resolve()));
      const deploying = call(url, '/api/labs/soak/deploy', {}).catch(() => undefined);
      await started;
      await call(url, '/api/labs/soak/stop', {});
      await deploying;
      return;
    }
    await call(url, '/api/labs/soak/deploy', {});
    await run(client, 'node1', ['ip', 'link', 'add', 'made', 'type', 'bridge']);
    await call(url, '/api/labs/soak/check', {
      check: { name: 'reaches', from: 'node1', tcp: 'node1/web:80' },
    });
    await client.emitWithAck('openProcess', { lab: 'soak', target: 'node1/web' });
    if (round % 2 === 1) client.close();
    await call(url, '/api/labs/soak/stop', {});
  } finally {
    client.close();
  }
}

/** Runs a command in the lab to its end, which must be a good one. */
async function run(client: Client, target: string, argv: string[]): Promise<void> {
  const ended = new Map<string, number | null>();
  let look = () => {};
  client.on('processExit', (process, code) => {
    ended.set(process, code);
    look();
  });
  const answer = await client.emitWithAck('openProcess', { lab: 'soak', target, argv });
  if (!answer.ok) throw new Error(answer.problem.message);
  const { process } = answer.value;
  const code = await new Promise<number | null | undefined>((resolve) => {
    look = () => ended.has(process) && resolve(ended.get(process));
    look();
  });
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
}

/** Without a connection that would be kept for the next request and be counted. */
function call(url: string, path: string, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const sent = request(new URL(path, url), { method: 'POST', agent: false, headers });
    sent.on('error', reject).on('response', (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (piece: string) => (said += piece));
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 400) resolve();
        else reject(new Error(`${path}: ${statusCode} ${said}`));
      });
    });
    sent.end(JSON.stringify(body));
  });
}
