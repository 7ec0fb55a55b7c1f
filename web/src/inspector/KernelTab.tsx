import type { Link, Namespace, Vlan } from '@cnilab/shared/live/namespace';
import type { RatesSeen } from '@cnilab/shared/live/rates';
import { cx } from '../design/cx.ts';
import { Message } from '../design/Message.tsx';
import type { ElementRef } from '../store/elements.ts';
import { shortCount } from '../store/firewall.ts';
import { useLab } from '../store/labContext.tsx';
import { rateText } from '../store/rateText.ts';
import { useSeen } from '../store/useSeen.ts';
import styles from './Inspector.module.css';
import { kernelScope, type KernelScope } from './kernelScope.ts';
import { Fdb, Neighbours, Policies, Queues, Routes } from './KernelTables.tsx';

/** What the kernel has of the element, as it is now. */
export function KernelTab({ element }: { element: ElementRef }) {
  const live = useLab((s) => s.live);
  const lab = useLab((s) => s.lab);
  const id = useLab((s) => s.selection[0] ?? '');
  const scope = kernelScope(live, lab, id);
  if (!scope) {
    return (
      <Message
        title={live ? 'The kernel does not have it.' : 'Shown when the lab runs.'}
        {...(live && element.kind === 'link' ? { text: 'It was removed.' } : {})}
      />
    );
  }
  return (
    <div className={styles['form']}>
      <Links scope={scope} />
      <Routes scope={scope} />
      <Policies scope={scope} />
      <Neighbours scope={scope} />
      <Fdb scope={scope} />
      <Queues scope={scope} />
    </div>
  );
}

function Links({ scope }: { scope: KernelScope }) {
  const seen = useSeen('rates', scope.namespace.id);
  const counters = seen?.at === 'rates' ? seen.links : [];
  const { namespace, links } = scope;
  const nameOf = useNameOf();
  if (links.length === 0) return <p className={styles['quiet']}>No interface of it is there.</p>;
  return links.toSorted(loopbackLast).map((link) => {
    const addresses = namespace.addresses.filter(({ index }) => index === link.index);
    const counted = counters.find(({ index }) => index === link.index);
    return (
      <section key={link.index} className={styles['card']}>
        <h3 className={styles['linkTitle']}>
          <code>{link.name}</code>
          <span className={cx(styles['linkState'], link.state === 'UP' && styles['up'])}>
            {link.kind || 'physical'}, {link.up ? link.state : 'set down'}
          </span>
        </h3>
        <dl className={styles['facts']}>
          {addresses.length > 0 && (
            <>
              <dt>Addresses</dt>
              <dd>
                {addresses.map(({ address, prefix, tentative }) => (
                  <code key={`${address}/${prefix}`} className={styles['block']}>
                    {address}
                    <wbr />/{prefix}
                    {tentative && ' (being checked)'}
                  </code>
                ))}
              </dd>
            </>
          )}
          {linkFacts(link, namespace, nameOf).map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
          {counted && (
            <>
              <Traffic name="Received" counted={counted} direction="rx" />
              <Traffic name="Sent" counted={counted} direction="tx" />
            </>
          )}
        </dl>
      </section>
    );
  });
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </>
  );
}

/** Every namespace has a loopback interface; it is seldom what one looks for. */
const loopbackLast = (a: Link, b: Link) => Number(a.name === 'lo') - Number(b.name === 'lo');

type NameOf = (namespace: string, index: number) => string;

function useNameOf(): NameOf {
  const namespaces = useLab((s) => s.live?.namespaces);
  return (namespace, index) =>
    namespaces?.[namespace]?.links.find((link) => link.index === index)?.name ?? `#${index}`;
}

function linkFacts(link: Link, { id }: Namespace, nameOf: NameOf): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['MAC', link.mac],
    ['MTU', String(link.mtu)],
    ['Bridge', link.master === undefined ? undefined : nameOf(id, link.master)],
    [
      link.kind === 'veth' ? 'Peer' : 'Parent',
      link.link === undefined
        ? undefined
        : link.linkNamespace === undefined
          ? nameOf(id, link.link)
          : `${nameOf(link.linkNamespace, link.link)} in ${link.linkNamespace || 'the segments'}`,
    ],
    ['VLAN', link.vlan === undefined ? undefined : String(link.vlan)],
    ['VXLAN', link.vxlan && `${link.vxlan.id} ${link.vxlan.remote ?? ''}`.trim()],
    ['Filters VLANs', link.bridge && (link.bridge.vlanFiltering ? 'yes' : 'no')],
    ['Port', link.port?.state === 'forwarding' ? undefined : link.port?.state],
    ['VLANs', link.vlans && vlansText(link.vlans)],
    ['Mode', modeOf(link)],
    ['Hairpin', link.port?.hairpin ? 'yes' : undefined],
    ['Isolated', link.port?.isolated ? 'yes' : undefined],
    ['Alias', link.alias],
    ['Made in', link.origin && (link.origin.namespace || 'the segments')],
    ['Index', String(link.index)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** `10 (untagged), 20-29` */
const vlansText = (vlans: readonly Vlan[]): string =>
  vlans
    .map(({ vid, vidEnd, untagged }) => {
      const range = vidEnd === undefined ? `${vid}` : `${vid}-${vidEnd}`;
      return untagged ? `${range} (untagged)` : range;
    })
    .join(', ');

/** Of macvlan and ipvlan. */
function modeOf({ settings }: Link): string | undefined {
  const mode = settings?.['mode'];
  return typeof mode === 'string' ? mode : undefined;
}

type Counted = RatesSeen['links'][number];

/** The totals, and below them what goes through now. */
function Traffic(props: { name: string; counted: Counted; direction: 'rx' | 'tx' }) {
  const { name, counted, direction } = props;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code className={styles['block']}>{countText(counted, direction)}</code>
        {counted.rate && (
          <code className={styles['block']}>{rateText(counted.rate, direction)}</code>
        )}
      </dd>
    </>
  );
}

function countText(counted: Counted, direction: 'rx' | 'tx'): string {
  const packets = counted[`${direction}Packets`];
  const dropped = counted[`${direction}Dropped`];
  const text = `${shortCount(packets)} packets, ${shortCount(counted[`${direction}Bytes`])} bytes`;
  return dropped > 0 ? `${text}, ${shortCount(dropped)} dropped` : text;
}
