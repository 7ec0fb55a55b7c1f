import type { Endpoint, Flow, FlowsSeen } from '@cnilab/shared/live/flows';
import { memo, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Button } from '../design/Button.tsx';
import { SearchField, SelectField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { Scroll } from '../design/Scroll.tsx';
import { shortCount } from '../store/firewall.ts';
import {
  addressNames,
  endpointText,
  endsOf,
  flowState,
  flowText,
  spanText,
  translationTexts,
  type AddressNames,
} from '../store/flows.ts';
import { useLab } from '../store/labContext.tsx';
import { useSeen } from '../store/useSeen.ts';
import styles from './FlowsPanel.module.css';
import panel from './Panels.module.css';
import { useNamespaceChoice } from './useNamespaceChoice.ts';

/** More rows than anybody reads; a filter finds the others. */
const maxRows = 200;

/** The connections that the kernel tracks in one host or pod, with what it makes of addresses. */
export function FlowsPanel() {
  const isLive = useLab((s) => s.live !== undefined);
  const { namespace, options, choose } = useNamespaceChoice();
  const [filter, setFilter] = useState('');
  if (!isLive) {
    return (
      <Message
        title="Connections are shown when the lab runs."
        text="They are those that the kernel tracks, with the addresses that it translates."
      />
    );
  }
  if (namespace === undefined) return <Message title="No host runs yet." />;
  return (
    <Flows
      key={namespace}
      namespace={namespace}
      filter={filter}
      toolbar={
        <>
          <SelectField
            inline
            label="Connections of"
            value={namespace}
            options={options}
            onChange={choose}
          />
          <SearchField label="Filter connections" value={filter} onChange={setFilter} />
        </>
      }
    />
  );
}

function Flows(props: { namespace: string; filter: string; toolbar: ReactNode }) {
  const { namespace, filter, toolbar } = props;
  const seen = useSeen('flows', namespace);
  const namespaces = useLab((s) => s.live?.namespaces);
  const names = useMemo(() => addressNames(namespaces ?? {}, namespace), [namespaces, namespace]);
  const flows = seen?.at === 'flows' ? seen : undefined;
  const shown = useFiltered(flows, filter, names);
  return (
    <>
      <div className={panel['toolbar']}>
        {toolbar}
        {flows && (
          <span className={panel['quiet']}>
            {shown.length} of {flows.flows.length + flows.more}
          </span>
        )}
      </div>
      {seen?.at === 'nothing' && <Message title={seen.problem} />}
      {flows && flows.flows.length === 0 && <NoFlows namespace={namespace} />}
      {flows && flows.flows.length > 0 && shown.length === 0 && (
        <Message title="No connection matches the filter." />
      )}
      {flows && shown.length > 0 && <FlowTable seen={flows} shown={shown} names={names} />}
    </>
  );
}

function NoFlows({ namespace }: { namespace: string }) {
  const showDock = useLab((s) => s.showDock);
  return (
    <Message
      title={`${namespace} tracks no connection.`}
      text="Send something through it in Probe. The kernel tracks connections only where a firewall rule needs that: for a port map or masquerading, say."
    >
      <Button small onPress={() => showDock('probe')}>
        Open Probe
      </Button>
    </Message>
  );
}

/** Newest first. */
function useFiltered(seen: FlowsSeen | undefined, filter: string, names: AddressNames): Flow[] {
  return useMemo(() => {
    const words = filter.toLowerCase().split(' ').filter(Boolean);
    const all = (seen?.flows ?? []).toReversed();
    if (words.length === 0) return all;
    return all.filter((flow) => {
      const text = flowText(flow, names);
      return words.every((word) => text.includes(word));
    });
  }, [seen, filter, names]);
}

function FlowTable(props: { seen: FlowsSeen; shown: Flow[]; names: AddressNames }) {
  const { seen, shown, names } = props;
  const now = useNow(seen);
  // What is there when one begins to look is not new.
  const [first] = useState(() => new Set(seen.flows.map(({ id }) => id)));
  const hidden = shown.length - maxRows;
  return (
    <Scroll className={panel['scroll']} label="Connections">
      <table className={styles['flows']}>
        <thead>
          <tr>
            <th scope="col">protocol</th>
            <th scope="col">from → to</th>
            <th scope="col">state</th>
            <th scope="col">there + back</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, maxRows).map((flow) => (
            <Row
              key={flow.id}
              flow={flow}
              names={names}
              left={flow.expires === undefined ? '' : spanText((flow.expires - now) / 1000)}
              isNew={!first.has(flow.id)}
            />
          ))}
        </tbody>
      </table>
      {(hidden > 0 || seen.more > 0) && <p className={styles['more']}>{moreText(hidden, seen)}</p>}
    </Scroll>
  );
}

function moreText(hidden: number, { more }: FlowsSeen): string {
  const parts = [
    ...(hidden > 0 ? [`${hidden} more: filter to see them.`] : []),
    ...(more > 0 ? [`The kernel tracks ${more} more, which are not read.`] : []),
  ];
  return parts.join(' ');
}

const Row = memo(function Row(props: {
  flow: Flow;
  names: AddressNames;
  left: string;
  isNew: boolean;
}) {
  const { flow, names, left, isNew } = props;
  const { from, to } = endsOf(flow);
  const translations = translationTexts(flow, names);
  return (
    <tr data-new={isNew || undefined}>
      <td>{flow.protocol}</td>
      <td>
        <End end={from} names={names} /> <span>→</span> <End end={to} names={names} />
        {translations.map((text) => (
          <p key={text} className={styles['translation']}>
            {text}
          </p>
        ))}
      </td>
      <td title={[flow.tcpState, ...flow.status].filter(Boolean).join(' ')}>
        {flowState(flow)}
        {left !== '' && <p>forgotten in {left}</p>}
      </td>
      <Counted flow={flow} />
    </tr>
  );
});

function End({ end, names }: { end: Endpoint; names: AddressNames }) {
  const name = names.get(end.address);
  return (
    <span className={styles['end']}>
      <code>{endpointText(end)}</code>
      {name !== undefined && <span> {name}</span>}
    </span>
  );
}

/** There, and back. Not known until the first reading, or where the kernel does not count. */
function Counted({ flow: { counters } }: { flow: Flow }) {
  if (!counters) return <td>–</td>;
  const { original, reply } = counters;
  return (
    <td>
      {shortCount(original.packets)} + {shortCount(reply.packets)} packets
      <p>
        {shortCount(original.bytes)} + {shortCount(reply.bytes)} bytes
      </p>
    </td>
  );
}

/** The teller's clock, which may be another than the browser's; once a second. */
function useNow({ time }: FlowsSeen): number {
  const [tick, setTick] = useState({ since: time, ms: 0 });
  useEffect(() => {
    const began = performance.now();
    const count = () => setTick({ since: time, ms: performance.now() - began });
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, [time]);
  return tick.since === time ? time + tick.ms : time;
}
