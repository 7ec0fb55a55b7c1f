import { isJsonObject, type Json } from '../cni/json.ts';
import { attachmentInterfaces } from './names.ts';
import { networkFileName, networksOf, type NetworkFiles } from './networks.ts';
import type { Lab } from './schema.ts';

/** Which part of the document made which part of the generated configuration. */
export interface SourceMapEntry {
  host: string;
  /** `etc/cni/net.d/mynet.conflist`, or `capabilities` for an attachment's runtime values. */
  output: string;
  /** Keys and indexes inside the output. */
  outputPath: (string | number)[];
  /** Keys and indexes from the top of the document. */
  path: (string | number)[];
  /** `network:node1/mynet`, `attachment:node1/web/eth0`. */
  element: string;
}

/** One entry per value of every network and of every attachment's capabilities, in their order. */
export function sourceMapOf(lab: Lab, files: NetworkFiles): SourceMapEntry[] {
  const entries: SourceMapEntry[] = [];
  for (const [at, host] of (lab.hosts ?? []).entries()) {
    for (const network of networksOf(host, files)) {
      const output = `etc/cni/net.d/${networkFileName(network)}`;
      const element = `network:${host.name}/${network.name}`;
      const path = ['hosts', at, 'networks', network.index];
      const fromFile = network.fileText !== undefined;
      walk(network.config, (inside) => {
        entries.push({
          host: host.name,
          output,
          outputPath: inside,
          path: fromFile ? [...path, 'file'] : [...path, ...inside],
          element,
        });
      });
    }
    for (const [podAt, pod] of (host.pods ?? []).entries()) {
      const attachments = pod.attachments ?? [];
      const interfaces = attachmentInterfaces(attachments);
      for (const [index, { capabilities }] of attachments.entries()) {
        const path = ['hosts', at, 'pods', podAt, 'attachments', index, 'capabilities'];
        const element = `attachment:${host.name}/${pod.name}/${interfaces[index] ?? ''}`;
        walk(new Map(Object.entries(capabilities ?? {})), (inside) => {
          if (inside.length === 0) return;
          const entry = { host: host.name, output: 'capabilities', outputPath: inside, element };
          entries.push({ ...entry, path: [...path, ...inside] });
        });
      }
    }
  }
  return entries;
}

function walk(
  json: Json,
  visit: (path: (string | number)[]) => void,
  path: (string | number)[] = [],
) {
  visit(path);
  if (Array.isArray(json)) json.forEach((item, at) => walk(item, visit, [...path, at]));
  else if (isJsonObject(json)) for (const [key, item] of json) walk(item, visit, [...path, key]);
}
