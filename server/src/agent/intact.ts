import type { AttachmentView } from '@cnilab/shared/cni/result';
import type { Observer } from './observer.ts';
import type { Call } from './operations.ts';

/** A link that was up, or an address on one, that the kernel had when an ADD had ended. */
interface KernelObject {
  namespace: string;
  /** Undefined for an address that may be on any link: that of a gateway. */
  link?: string;
  /** `10.0.0.2/24`; of a gateway without the prefix. */
  address?: string;
}

/**
 * What of an attachment's result the kernel really has, right after its ADD. A plugin may name what
 * is not there; that cannot go missing later.
 */
export function presentObjects(
  view: AttachmentView,
  call: Call,
  observer: Observer,
): KernelObject[] {
  const namespaceOf = (sandbox: string | undefined) => (sandbox ? call.pod.id : call.host.id);
  const links = view.interfaces.map(({ name, sandbox }) => ({
    namespace: namespaceOf(sandbox),
    link: name,
  }));
  const addresses = view.ips.flatMap(({ address, interface: index }) => {
    const on = index === undefined ? undefined : view.interfaces[index];
    return on ? [{ namespace: namespaceOf(on.sandbox), link: on.name, address }] : [];
  });
  // A gateway that is the host itself; one elsewhere is not there and so is left out.
  const gateways = view.ips.flatMap(({ gateway }) =>
    gateway === undefined ? [] : [{ namespace: call.host.id, address: gateway }],
  );
  return [...links, ...addresses, ...gateways].filter((object) => isThere(object, observer));
}

/** Whether all of it is still there: somebody may have deleted it by hand. */
export const isIntact = (objects: readonly KernelObject[], observer: Observer): boolean =>
  objects.every((object) => isThere(object, observer));

function isThere({ namespace, link: name, address }: KernelObject, observer: Observer): boolean {
  const state = observer.namespace(namespace);
  if (!state) return false;
  const links = name === undefined ? state.links : state.links.filter((item) => item.name === name);
  return links.some(
    (link) =>
      link.up &&
      (address === undefined ||
        state.addresses.some(
          (item) =>
            item.index === link.index &&
            (item.address === address || `${item.address}/${item.prefix}` === address),
        )),
  );
}
