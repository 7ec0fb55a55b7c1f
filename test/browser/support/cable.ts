import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to the server that can be cut like a network cable, while the server goes on. */
export interface Cable {
  /** As the page is opened through it. */
  url: string;
  cut(): Promise<void>;
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

export async function createCable(port: number): Promise<Cable> {
  const open = new Set<Socket>();
  let server: Server | undefined;
  let own = 0;

  const plugIn = () =>
    new Promise<void>((resolve, reject) => {
      server = createServer((near) => {
        const far = connect(port, '127.0.0.1');
        for (const [socket, other] of [
          [near, far],
          [far, near],
        ] as const) {
          open.add(socket);
          socket.pipe(other);
          socket.once('close', () => {
            open.delete(socket);
            other.destroy();
          });
          socket.on('error', () => socket.destroy());
        }
      });
      server.once('error', reject);
      server.listen(own, '127.0.0.1', () => {
        const address = server?.address();
        if (typeof address === 'object' && address) own = address.port;
        resolve();
      });
    });

  const cut = async () => {
    const ended = server;
    server = undefined;
    if (!ended) return;
    const closed = new Promise<void>((resolve) => ended.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };

  await plugIn();
  return { url: `http://127.0.0.1:${own}`, cut, plugIn, close: cut };
}
