import { describe, expect, it } from 'vitest';
import { BoxError } from '../box/box.ts';
import { createFakeBox } from './fakeBox.ts';
import { runLab } from './runLab.ts';

const text = `cnilab: 1
name: two-checks
hosts: [{name: node1}]
checks:
  - {name: first, from: node1, exec: ["true"]}
  - {name: second, from: node1, exec: ["true"]}
`;

describe('running a lab to its end', () => {
  it('deploys, checks in the order of the file and ends the box', async () => {
    const box = createFakeBox();
    const report = await runLab(text, { startBox: async () => box });
    expect(report).toMatchObject({
      name: 'two-checks',
      box: { kind: 'sandbox', startMs: 1 },
      checks: [{ name: 'first' }, { name: 'second' }],
      ok: true,
      exit: 0,
    });
    expect(box.requests.map(({ method }) => method)).toEqual(['apply', 'check', 'check']);
    expect(box.hasStopped()).toBe(true);
  });

  it('runs the checks also after a deployment that failed in part, and fails', async () => {
    const failures = [{ element: 'interface:node1/eth0', error: 'no' }];
    const box = createFakeBox({ apply: () => ({ ok: false, ms: 1, operations: [], failures }) });
    const report = await runLab(text, { startBox: async () => box });
    expect(report).toMatchObject({ ok: false, exit: 1, checks: [{ ok: true }, { ok: true }] });
  });

  it('fails when one check does', async () => {
    const box = createFakeBox({
      check: ({ check: { name } }) => ({ name, ok: name === 'first', ms: 1, attempts: 1, got: {} }),
    });
    expect(await runLab(text, { startBox: async () => box })).toMatchObject({ ok: false, exit: 1 });
  });

  it('starts no box for a file with errors', async () => {
    const startBox = () => Promise.reject(new Error('must not be called'));
    expect(await runLab('cnilab: 1\nname: x\ncolour: red\n', { startBox })).toMatchObject({
      exit: 2,
      diagnostics: [{ severity: 'error', line: 3 }],
    });
  });

  it('tells why no box can run and what helps', async () => {
    const startBox = () => Promise.reject(new BoxError('Forbidden here.', 'Allow it.'));
    expect(await runLab(text, { startBox })).toMatchObject({
      exit: 3,
      problem: { message: 'Forbidden here.', remedy: 'Allow it.' },
    });
  });

  it('reports a box that ends in the middle', async () => {
    const box = createFakeBox({
      check: () => new Promise(() => box.crash('the agent was killed')),
    });
    expect(await runLab(text, { startBox: async () => box })).toMatchObject({
      ok: false,
      exit: 1,
      problem: { message: 'the agent was killed' },
    });
  });

  it('leaves no box behind when it is interrupted, or when a callback throws', async () => {
    const stop = new AbortController();
    const slow = createFakeBox({
      check: () => {
        stop.abort(new Error('interrupted'));
        return new Promise(() => undefined);
      },
    });
    const interrupted = runLab(text, { startBox: async () => slow, signal: stop.signal });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(slow.hasStopped()).toBe(true);

    const box = createFakeBox();
    const inspect = () => Promise.reject(new Error('in a callback'));
    await expect(runLab(text, { startBox: async () => box, inspect })).rejects.toThrow('callback');
    expect(box.hasStopped()).toBe(true);
  });
});
