import { networksOf, type LabNetwork, type NetworkFiles } from './networks.ts';
import type { Lab, LabHost, LabInterface } from './schema.ts';

/** A host with what the rules about it need. */
export interface HostContext {
  host: LabHost;
  /** Path of the host in the document. */
  path: (string | number)[];
  networks: LabNetwork[];
  /**
   * Every interface that exists before CNI runs, by name: those of the file, and the peers that
   * only a veth's other end names (undefined).
   */
  interfaces: Map<string, LabInterface | undefined>;
}

export interface LabContext {
  lab: Lab;
  files: NetworkFiles;
  hosts: HostContext[];
  /** The veths that name `host/interface` as their peer. */
  claims: ReadonlyMap<string, LabInterface[]>;
}

/** Where a veth's other end is. */
export function peerOf(
  host: string,
  link: LabInterface,
): { host: string; name: string } | undefined {
  if (!('peer' in link)) return undefined;
  return typeof link.peer === 'string' ? { host, name: link.peer } : link.peer;
}

export function contextOf(lab: Lab, files: NetworkFiles): LabContext {
  const hosts = (lab.hosts ?? []).map((host, at): HostContext => {
    const interfaces = new Map<string, LabInterface | undefined>();
    for (const link of host.interfaces ?? []) {
      if (!interfaces.has(link.name)) interfaces.set(link.name, link);
    }
    return { host, path: ['hosts', at], networks: networksOf(host, files), interfaces };
  });
  const claims = new Map<string, LabInterface[]>();
  const byName = new Map(hosts.map((context) => [context.host.name, context.interfaces]));
  for (const { host } of hosts) {
    for (const link of host.interfaces ?? []) {
      const peer = peerOf(host.name, link);
      if (!peer) continue;
      const key = `${peer.host}/${peer.name}`;
      claims.set(key, [...(claims.get(key) ?? []), link]);
      const there = byName.get(peer.host);
      if (there && !there.has(peer.name)) there.set(peer.name, undefined);
    }
  }
  return { lab, files, hosts, claims };
}
