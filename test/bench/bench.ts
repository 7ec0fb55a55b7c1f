import { kernelNeeds } from '@cnilab/shared/lab/needs';
import { parseLab } from '@cnilab/shared/lab/parse';
import type { ApplyResult } from '@cnilab/shared/protocol/agent';
import { startBox } from '../../server/src/box/startBox.ts';
import { labOf } from './benchLab.ts';
import { benchEvents } from './clients.ts';
import { benchCni } from './cni.ts';
import { milliseconds, percentile } from './figures.ts';
import { benchObserver } from './observer.ts';
import { benchSoak } from './soak.ts';

/** The figures of docs/performance.md, as ratios to what the same work costs without cnilab. */

async function benchStart(): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const box = await startBox();
    times.push(box.startMs);
    await box.stop();
  }
  const [p50, worst] = [percentile(times, 0.5), percentile(times, 1)];
  console.log(`box start              p50 ${milliseconds(p50)}, worst ${milliseconds(worst)}`);
}

async function deployOnce(pods: number): Promise<ApplyResult> {
  const { compiled } = parseLab(labOf(pods));
  if (!compiled) throw new Error('the bench lab is wrong');
  const box = await startBox({ needs: kernelNeeds(compiled) });
  try {
    return await box.request('apply', { lab: compiled });
  } finally {
    await box.stop();
  }
}

const pluginTime = (result: ApplyResult): number =>
  result.operations.flatMap((item) => item.steps).reduce((sum, step) => sum + step.ms, 0);

async function benchDeploy(pods: number, repeats: number): Promise<void> {
  const totals: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const result = await deployOnce(pods);
    if (!result.ok) throw new Error(`deploying ${pods} pods failed`);
    totals.push(result.ms);
    ratios.push(result.ms / pluginTime(result));
  }
  console.log(
    `deploy ${String(pods).padStart(3)} pods        ${milliseconds(percentile(totals, 0.5))}; ratio to the summed time of the plugins ${percentile(ratios, 0.5).toFixed(2)}`,
  );
}

/** Adds pods one at a time, so that no other operation is waited for. */
async function benchRuntime(pods: number): Promise<void> {
  const box = await startBox();
  const shares: number[] = [];
  try {
    for (let i = 1; i <= pods; i++) {
      const { compiled } = parseLab(labOf(i));
      if (!compiled) throw new Error('the bench lab is wrong');
      const result = await box.request('apply', { lab: compiled });
      const operations = result.operations.reduce((sum, item) => sum + item.ms, 0);
      shares.push(operations / pluginTime(result) - 1);
    }
  } finally {
    await box.stop();
  }
  console.log(
    `runtime around ADD     adds ${(percentile(shares, 0.5) * 100).toFixed(1)} % to the plugin's own time (median of ${pods})`,
  );
}

const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  deploy: async () => {
    await benchDeploy(1, 9);
    await benchDeploy(10, 5);
    await benchDeploy(100, 3);
  },
  runtime: () => benchRuntime(40),
  events: () => benchEvents(400),
  observer: benchObserver,
  cni: benchCni,
};
/** So long that they run only when they are named. */
const long: typeof benches = { soak: benchSoak };
const all = { ...benches, ...long };

const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(all, name));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(named.length === 0 ? benches : all)) {
  if (named.length === 0 || named.includes(name)) await bench();
}
process.exit(0);
