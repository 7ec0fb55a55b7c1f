import type { Link, Namespace } from '@cnilab/shared/live/namespace';
import { emptyLists } from '@cnilab/shared/live/namespace';
import { expect, it } from 'vitest';
import { createMovedLinks } from './movedLinks.ts';

const link = (index: number, part: Partial<Link> = {}): Link => ({
  index,
  name: 'x',
  kind: 'veth',
  mtu: 1500,
  up: false,
  state: 'DOWN',
  ...part,
});
const namespace = (id: string, ...links: Link[]): Namespace => ({
  id,
  kind: 'host',
  ...emptyLists(),
  links,
});
const move = (from: string, index: number, to: string, newIndex: number) => ({
  event: 'link.move' as const,
  namespace: from,
  index,
  name: 'x',
  to: { namespace: to, index: newIndex },
});
const arrival = (id: string, index: number) => ({
  event: 'link.new' as const,
  namespace: id,
  link: link(index),
});

it('a link that arrives after it has left has its origin', () => {
  const moved = createMovedLinks();
  const leaving = move('a', 7, 'b', 3);
  expect(moved.leaves(leaving, namespace('a', link(7)), namespace('b'))).toEqual([leaving]);
  expect(moved.arrives(arrival('b', 3)).link.origin).toEqual({ namespace: 'a', index: 7 });
  expect(moved.arrives(arrival('b', 3)).link.origin).toBeUndefined();
});

it('a link that has arrived before its departure is heard gets its origin then', () => {
  const moved = createMovedLinks();
  const leaving = move('a', 7, 'b', 3);
  expect(moved.leaves(leaving, namespace('a', link(7)), namespace('b', link(3)))).toEqual([
    leaving,
    {
      event: 'link.change',
      namespace: 'b',
      link: link(3, { origin: { namespace: 'a', index: 7 } }),
    },
  ]);
});

it('a link keeps its first origin from move to move, and has none at home', () => {
  const moved = createMovedLinks();
  const first = link(3, { origin: { namespace: 'a', index: 7 } });
  moved.leaves(move('b', 3, 'c', 5), namespace('b', first), namespace('c'));
  expect(moved.arrives(arrival('c', 5)).link.origin).toEqual({ namespace: 'a', index: 7 });
  moved.leaves(move('b', 3, 'a', 7), namespace('b', first), namespace('a'));
  expect(moved.arrives(arrival('a', 7)).link.origin).toBeUndefined();
});

it('a link that leaves the lab is only told to leave', () => {
  const { to: _to, ...leaving } = move('a', 7, 'b', 3);
  expect(createMovedLinks().leaves(leaving, namespace('a', link(7)), undefined)).toEqual([leaving]);
});
