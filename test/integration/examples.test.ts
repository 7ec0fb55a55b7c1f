import { readFileSync, readdirSync } from 'node:fs';
import { parseLab } from '@cnilab/shared/lab/parse';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../examples/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.lab.yaml'));

describe('the examples', () => {
  it('sort as a course', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((name) => !/^[0-9]{2}-[a-z0-9-]+\.lab\.yaml$/.test(name))).toEqual([]);
  });

  it.each(files)('%s has a description, checks and no errors', (name) => {
    const { compiled, lab, diagnostics } = parseLab(readFileSync(new URL(name, folder), 'utf8'));
    const explained = name.startsWith('02-') ? ['portmap-without-gateway'] : [];
    expect(diagnostics.map(({ code }) => code)).toEqual(explained);
    expect(lab?.name).toBe(name.replace(/^[0-9]+-|\.lab\.yaml$/g, ''));
    expect(lab?.description).toMatch(/\.$/);
    expect(compiled?.checks.length).toBeGreaterThan(0);
  });

  it('try every kind of probe', () => {
    const probes = files.flatMap((name) =>
      (parseLab(readFileSync(new URL(name, folder), 'utf8')).compiled?.checks ?? []).flatMap(
        Object.keys,
      ),
    );
    const wanted = ['ping', 'tcp', 'udp', 'http', 'exec', 'route', 'rules', 'interface'];
    expect(wanted.filter((probe) => !probes.includes(probe))).toEqual([]);
  });
});
