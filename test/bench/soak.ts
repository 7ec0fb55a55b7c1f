import { playRound, prepare } from '../soak/rounds.ts';
import { measureAtRest, startSoakServer, type Held } from '../soak/server.ts';

/** After so many, everything that is loaded and compiled once is there. */
const warmUp = 50;

/**
 * Deploys and stops one lab over and over in one server, and prints what it holds as it goes on.
 * `CNILAB_SOAK_ROUNDS` says how often; 2,000 take about a quarter of an hour.
 */
export async function benchSoak(): Promise<void> {
  const rounds = Number(process.env.CNILAB_SOAK_ROUNDS ?? 2000);
  const server = await startSoakServer();
  try {
    await prepare(server.url);
    const started = performance.now();
    let first: Held | undefined;
    let last: Held | undefined;
    const every = Math.max(1, Math.floor(rounds / 10));
    for (let round = 1; round <= warmUp + rounds; round++) {
      await playRound(server.url, round);
      if (round !== warmUp && (round < warmUp || (round - warmUp) % every !== 0)) continue;
      last = await measureAtRest(server, first);
      first ??= last;
      console.log(`soak, ${String(round - warmUp).padStart(5)} rounds     ${told(last)}`);
    }
    if (!first || !last) return;
    const perRound = (last.heap - first.heap) / rounds;
    const ms = (performance.now() - started) / (rounds + warmUp);
    console.log(
      `soak                   ${rounds} deploys and stops, ${ms.toFixed(0)} ms each: ` +
        `${signed(last.processes - first.processes)} processes, ` +
        `${signed(last.descriptors - first.descriptors)} descriptors, ` +
        `${signed(last.namespaces - first.namespaces)} namespaces, ` +
        `${signed(Math.round(perRound))} bytes of heap a round`,
    );
  } finally {
    await server.stop();
  }
}

const told = ({ processes, descriptors, namespaces, heap, objects }: Held): string =>
  `${processes} processes, ${descriptors} descriptors, ${namespaces} namespaces, ` +
  `${(heap / 2 ** 20).toFixed(2)} MiB of heap (${Object.entries(objects)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')})`;

const signed = (value: number): string => (value < 0 ? `−${-value}` : `+${value}`);
