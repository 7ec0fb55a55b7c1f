import type { Change } from '@cnilab/shared/live/events';
import { emptyLists, type Link, type Namespace } from '@cnilab/shared/live/namespace';

/** Small changes for tests of whose doing they are. */

export const link = (index: number, name: string): Link => ({
  index,
  name,
  kind: 'veth',
  mtu: 1500,
  up: true,
  state: 'UP',
});
export const namespace = (id: string, part: Partial<Namespace> = {}): Namespace => ({
  id,
  kind: 'host',
  ...emptyLists(),
  links: [link(2, 'eth0')],
  ...part,
});
export const linkNew = (id: string, index: number, name: string): Change => ({
  event: 'link.new',
  namespace: id,
  link: link(index, name),
});
export const addressNew = (id: string, index: number): Change => ({
  event: 'address.new',
  namespace: id,
  address: { index, family: 6, address: 'fe80::1', prefix: 64, scope: 'link' },
});
