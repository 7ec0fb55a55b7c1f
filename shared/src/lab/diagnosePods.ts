import type { HostContext, LabContext } from './context.ts';
import { declaredCapabilities } from './diagnoseNetworks.ts';
import type { Finding } from './diagnostics.ts';
import type { Edit } from './edits.ts';
import { attachmentInterfaces, didYouMean, suggest } from './names.ts';
import { declares, pluginPath, textOf, type LabNetwork } from './networks.ts';
import type { LabAttachment } from './schema.ts';

/** Rules about what pods are attached to and with which runtime values. */
export function diagnosePods({ hosts }: LabContext): Finding[] {
  return hosts.flatMap((context) =>
    (context.host.pods ?? []).flatMap((pod, podAt) => {
      const attachments = pod.attachments ?? [];
      const interfaces = attachmentInterfaces(attachments);
      return attachments.flatMap((attachment, at) => {
        const place: Place = {
          context,
          attachment,
          path: [...context.path, 'pods', podAt, 'attachments', at],
          name: `${context.host.name}/${pod.name}/${interfaces[at] ?? at}`,
        };
        return [...reference(place), ...args(place)];
      });
    }),
  );
}

interface Place {
  context: HostContext;
  attachment: LabAttachment;
  path: (string | number)[];
  name: string;
}

function reference(place: Place): Finding[] {
  const { context, attachment, path, name } = place;
  const network = context.networks.find((other) => other.name === attachment.network);
  if (network) return capabilities(place, network);
  // A file that cannot be read has its own error; what it would have declared is not known.
  if (context.networks.length < (context.host.networks ?? []).length) return [];
  const known = context.networks.map((other) => other.name);
  const meant = suggest(attachment.network, known);
  const where = known.length === 0 ? 'which has none' : `which has ${known.join(', ')}`;
  const message =
    `Attachment ${name} names the network "${attachment.network}" of host ${context.host.name}, ${where}.` +
    didYouMean(attachment.network, known);
  const finding: Finding = {
    severity: 'error',
    code: 'unknown-network',
    message,
    path: [...path, 'network'],
    element: `attachment:${name}`,
  };
  if (meant === undefined) return [finding];
  const edits: Edit[] = [{ edit: 'set', path: [...path, 'network'], value: meant }];
  return [{ ...finding, fix: { label: `Use ${meant}`, edits } }];
}

function capabilities(place: Place, network: LabNetwork): Finding[] {
  const { attachment, path, name, context } = place;
  const declared = network.plugins.flatMap(declaredCapabilities);
  return Object.keys(attachment.capabilities ?? {}).flatMap((capability): Finding[] => {
    if (declared.includes(capability)) return [];
    const finding: Finding = {
      severity: 'warning',
      code: 'undeclared-capability',
      message:
        `Attachment ${name} gives the capability "${capability}", which no plugin of network ${network.name} declares, ` +
        `so it has no effect.${didYouMean(capability, declared)}`,
      path: [...path, 'capabilities', capability],
      element: `attachment:${name}`,
      atKey: true,
    };
    if (capability !== 'portMappings' || network.fileText !== undefined) return [finding];
    const base = [...context.path, 'networks', network.index];
    const edits = portmapEdits(network, base);
    return [edits ? { ...finding, fix: { label: 'Let portmap do it', edits } } : finding];
  });
}

/** Edits after which the network's portmap plugin takes port mappings; undefined for a single one. */
export function portmapEdits(network: LabNetwork, base: (string | number)[]): Edit[] | undefined {
  const at = network.plugins.findIndex((plugin) => textOf(plugin, 'type') === 'portmap');
  const plugin = network.plugins[at];
  if (plugin) {
    if (declares(plugin, 'portMappings')) return [];
    const path = [...base, ...pluginPath(network, at), 'capabilities', 'portMappings'];
    return [{ edit: 'set', path, value: true }];
  }
  if (network.single) return undefined;
  const value = { type: 'portmap', capabilities: { portMappings: true } };
  return [{ edit: 'append', path: [...base, 'plugins'], value }];
}

function args({ attachment, path, name }: Place): Finding[] {
  return Object.entries(attachment.args ?? {}).flatMap(([key, value]): Finding[] => {
    if (key !== '' && !/[;=\u0000]/.test(key) && !/[;\u0000]/.test(value)) return [];
    return [
      {
        severity: 'error',
        code: 'args',
        message: `Attachment ${name} has the argument ${key}=${value}, which CNI_ARGS cannot carry: leave ";" out, and "=" in the key.`,
        path: [...path, 'args', key],
        element: `attachment:${name}`,
      },
    ];
  });
}
