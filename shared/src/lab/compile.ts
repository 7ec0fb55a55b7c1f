import { stringifyJson, type Json } from '../cni/json.ts';
import type {
  CompiledAttachment,
  CompiledHost,
  CompiledLab,
  CompiledNetwork,
  CompiledPod,
} from './compiled.ts';
import { attachmentInterfaces } from './names.ts';
import { networkFileName, networksOf, type LabNetwork, type NetworkFiles } from './networks.ts';
import type { Lab, LabHost, LabPod } from './schema.ts';
import { sourceMapOf, type SourceMapEntry } from './sourceMap.ts';

export interface Compilation {
  compiled: CompiledLab;
  sourceMap: SourceMapEntry[];
}

/**
 * What the agent gets: networks as the exact text of their files, defaults filled in. `files` has
 * the texts of `file:` networks. The lab must be free of errors: a network without a name or with
 * a missing file is left out.
 */
export function compileLab(lab: Lab, files: NetworkFiles = new Map()): Compilation {
  const compiled: CompiledLab = {
    name: lab.name,
    ...(lab.box === undefined ? {} : { box: lab.box }),
    segments: (lab.segments ?? []).map(({ name }) => name),
    hosts: (lab.hosts ?? []).map((host) => compileHost(host, files)),
    checks: lab.checks ?? [],
  };
  return { compiled, sourceMap: sourceMapOf(lab, files) };
}

function compileHost(host: LabHost, files: NetworkFiles): CompiledHost {
  return {
    name: host.name,
    interfaces: host.interfaces ?? [],
    routes: host.routes ?? [],
    sysctls: Object.fromEntries(
      Object.entries(host.sysctls ?? {}).map(([key, value]) => [key, String(value)]),
    ),
    ...(host.dhcp === undefined ? {} : { dhcp: host.dhcp }),
    ...(host.conditions === undefined ? {} : { conditions: host.conditions }),
    networks: networksOf(host, files).map(compileNetwork),
    pods: (host.pods ?? []).map(compilePod),
  };
}

/** A network's file: a `file:` network keeps its bytes, others become indented JSON. */
export function compileNetwork(network: LabNetwork): CompiledNetwork {
  return {
    name: network.name,
    file: networkFileName(network),
    text: network.fileText ?? `${stringifyJson(network.config, 2)}\n`,
  };
}

function compilePod(pod: LabPod): CompiledPod {
  const attachments = pod.attachments ?? [];
  const interfaces = attachmentInterfaces(attachments);
  return {
    name: pod.name,
    attachments: attachments.map(({ network, capabilities, args }, at): CompiledAttachment => ({
      network,
      interface: interfaces[at] ?? `eth${at}`,
      capabilities: stringifyJson(new Map<string, Json>(Object.entries(capabilities ?? {}))),
      args: Object.entries(args ?? {}),
    })),
    listen: pod.listen ?? [],
  };
}
