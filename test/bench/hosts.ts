import { parseLab } from '@cnilab/shared/lab/parse';
import { startBox } from '../../server/src/box/startBox.ts';
import { median, milliseconds } from './figures.ts';

/** A lab of hosts that hang on one segment: a namespace and a veth pair on a bridge for each. */
const labOf = (hosts: number): string => `cnilab: 1
name: bench
segments: [{name: lan}]
hosts:${hosts === 0 ? ' []' : ''}
${Array.from({ length: hosts }, (_, i) => `  - {name: n${i}, interfaces: [{name: eth0, segment: lan, addresses: [10.1.${i >> 7}.${(i & 127) + 1}/16]}], routes: [{to: default, via: 10.1.255.254}]}`).join('\n')}
`;

/** The agent makes 200 hosts on a segment, drops them again, and is ended with others. */
export async function benchHosts(): Promise<void> {
  const times = { made: [] as number[], dropped: [] as number[], ended: [] as number[] };
  for (let i = 0; i < 3; i++) {
    const box = await startBox();
    const apply = async (hosts: number) => {
      const { compiled } = parseLab(labOf(hosts));
      if (!compiled) throw new Error('the bench lab is wrong');
      const result = await box.request('apply', { lab: compiled });
      if (!result.ok) throw new Error(result.failures[0]?.error ?? 'an apply failed');
      return result.ms;
    };
    times.made.push(await apply(200));
    times.dropped.push(await apply(0));
    await apply(200);
    const started = performance.now();
    await box.stop();
    times.ended.push(performance.now() - started);
  }
  console.log(
    `200 hosts on a segment made by the agent, model included, ${milliseconds(median(times.made))}; dropped ` +
      `${milliseconds(median(times.dropped))}; ended with their box ${milliseconds(median(times.ended))}`,
  );
}
