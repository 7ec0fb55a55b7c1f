import { contextOf } from './context.ts';
import { diagnoseChecks } from './diagnoseChecks.ts';
import { diagnoseHosts } from './diagnoseHosts.ts';
import { diagnoseInterfaces } from './diagnoseInterfaces.ts';
import { diagnoseNames } from './diagnoseNames.ts';
import { diagnoseNetworks } from './diagnoseNetworks.ts';
import { diagnoseOverlaps } from './diagnoseOverlaps.ts';
import { diagnosePods } from './diagnosePods.ts';
import { diagnosePortMaps } from './diagnosePortMaps.ts';
import type { Finding } from './diagnostics.ts';
import type { NetworkFiles } from './networks.ts';
import type { Lab } from './schema.ts';

/** Everything that the document alone proves wrong or makes doubtful. */
export function diagnose(lab: Lab, files: NetworkFiles): Finding[] {
  const context = contextOf(lab, files);
  return [
    diagnoseNames,
    diagnoseInterfaces,
    diagnoseHosts,
    diagnoseNetworks,
    diagnosePods,
    diagnosePortMaps,
    diagnoseOverlaps,
    diagnoseChecks,
  ].flatMap((rule) => rule(context));
}
