import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { LabHost } from '@cnilab/shared/lab/schema';

/** Ids of the attachments to a network of the host. */
export const attachedTo = (host: LabHost, network: string): string[] =>
  (host.pods ?? []).flatMap((pod) => {
    const attachments = pod.attachments ?? [];
    const names = attachmentInterfaces(attachments);
    return attachments.flatMap((attachment, i) =>
      attachment.network === network ? [`attachment:${host.name}/${pod.name}/${names[i]}`] : [],
    );
  });
