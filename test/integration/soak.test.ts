import { expect, onTestFinished, test } from 'vitest';
import { playRound, prepare } from '../soak/rounds.ts';
import { measureAtRest, startSoakServer } from '../soak/server.ts';

/** In these, what is made once and kept is made. */
const warmUp = 10;
const rounds = Number(process.env.CNILAB_SOAK_ROUNDS ?? 30);

test('deploying and stopping over and over leaves nothing in the server', async () => {
  const server = await startSoakServer();
  onTestFinished(() => server.stop());
  await prepare(server.url);
  for (let round = 0; round < warmUp; round++) await playRound(server.url, round);
  const before = await measureAtRest(server);
  for (let round = 0; round < rounds; round++) await playRound(server.url, round);
  const after = await measureAtRest(server, before);

  expect(before.processes).toBe(0);
  expect(before.namespaces).toBe(0);
  expect(after.processes).toBe(0);
  expect(after.namespaces).toBe(0);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  // What only the rounds leave that are stopped while they are deployed is six objects at least.
  for (const [name, count] of Object.entries(after.objects)) {
    expect(count - (before.objects[name] ?? 0), name).toBeLessThan(rounds / 10);
  }
  // Code that is compiled meanwhile takes some; the run of one round alone is more than this.
  expect((after.heap - before.heap) / rounds).toBeLessThan(100_000);
}, 240_000);
