import type { AttachmentView } from '@cnilab/shared/cni/result';
import type { Observer } from './observer.ts';
import type { Call } from './operations.ts';

/** A link, or an address on it, that the kernel had when an ADD had ended. */
interface KernelObject {
  namespace: string;
  link: string;
  /** `10.0.0.2/24` */
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
  return [...links, ...addresses].filter((object) => isThere(object, observer));
}

/** Whether all of it is still there: somebody may have deleted it by hand. */
export const isIntact = (objects: readonly KernelObject[], observer: Observer): boolean =>
  objects.every((object) => isThere(object, observer));

function isThere({ namespace, link: name, address }: KernelObject, observer: Observer): boolean {
  const state = observer.namespace(namespace);
  const link = state?.links.find((item) => item.name === name);
  if (!state || !link) return false;
  if (address === undefined) return true;
  return state.addresses.some(
    (item) => item.index === link.index && `${item.address}/${item.prefix}` === address,
  );
}
