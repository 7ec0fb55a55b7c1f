import type { Change } from '@cnilab/shared/live/events';
import type { Namespace } from '@cnilab/shared/live/namespace';

/**
 * Whether a change that no netlink request asked for is of the sort that the kernel makes by itself
 * (the far end of a link went up, an address is no longer tentative, a packet came) rather than for
 * an older system call (`ifconfig`, `brctl`, a tap device, a sysctl).
 */
export function isKernelsOwn(change: Change, before: Namespace | undefined): boolean {
  switch (change.event) {
    case 'link.new':
    case 'link.del':
    case 'link.move':
    case 'address.del':
      return false;
    case 'link.change': {
      const { link } = change;
      const known = before?.links.find(({ index }) => index === link.index);
      // What the link is may be the same and only how it fares another.
      return JSON.stringify({ ...known, state: '' }) === JSON.stringify({ ...link, state: '' });
    }
    case 'address.new': {
      const { index, address, family, scope } = change.address;
      const isKnown = before?.addresses.some(
        (item) => item.index === index && item.address === address,
      );
      return isKnown === true || (family === 6 && scope === 'link');
    }
    case 'route.new':
      return change.route.protocol === 'kernel' || change.route.protocol === 'ra';
    case 'route.del':
      return change.route.protocol === 'ra';
    case 'fdb.new':
    case 'fdb.del':
      // The kernel never tells who asked for one; those that it learns from packets are not set.
      return !['static', 'permanent'].includes(change.entry.state);
    default:
      return true;
  }
}
