import { causeText } from '@cnilab/shared/live/cause';
import type { Cause, LiveEvent } from '@cnilab/shared/live/events';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Pause, Play } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { IconToggle } from '../design/Button.tsx';
import { SearchField, SelectField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { Scroll } from '../design/Scroll.tsx';
import {
  causeKind,
  causeKinds,
  eventKind,
  eventKinds,
  eventNamespace,
  eventText,
  formatTime,
} from '../store/eventText.ts';
import { useLab, useLabStore } from '../store/labContext.tsx';
import { operationElement } from '../store/outcomes.ts';
import { namespaceIds } from '../store/targets.ts';
import styles from './EventsPanel.module.css';
import panel from './Panels.module.css';

const rowHeight = 22;

/** What the kernel and the agent did, as it happened. */
export function EventsPanel() {
  const recent = useLab((s) => s.recent);
  const live = useLab((s) => s.live);
  const [paused, setPaused] = useState<LiveEvent[]>();
  const [filter, setFilter] = useState({ text: '', namespace: '', kind: '', cause: '' });
  const change = (part: Partial<typeof filter>) => setFilter({ ...filter, ...part });
  const shown = useFiltered(paused ?? recent, filter);

  return (
    <>
      <div className={panel['toolbar']}>
        <SearchField
          label="Filter events"
          value={filter.text}
          onChange={(text) => change({ text })}
        />
        <SelectField
          inline
          label="Namespace"
          value={filter.namespace}
          options={[{ value: '', label: 'all' }, ...namespaceIds({ live })]}
          onChange={(namespace) => change({ namespace })}
        />
        <SelectField
          inline
          label="Kind"
          value={filter.kind}
          options={[{ value: '', label: 'all' }, ...eventKinds]}
          onChange={(kind) => change({ kind })}
        />
        <SelectField
          inline
          label="Done by"
          value={filter.cause}
          options={[{ value: '', label: 'all' }, ...causeKinds]}
          onChange={(cause) => change({ cause })}
        />
        <IconToggle
          label={paused ? 'Go on' : 'Pause'}
          icon={paused ? Play : Pause}
          isOn={paused !== undefined}
          onChange={(on) => setPaused(on ? recent : undefined)}
        />
        <span className={panel['quiet']}>
          {shown.length} of {(paused ?? recent).length}
          {paused &&
            ` · paused, ${recent.filter(({ seq }) => seq > (paused.at(-1)?.seq ?? 0)).length} newer`}
        </span>
      </div>
      {shown.length === 0 ? (
        <Message
          title={recent.length === 0 ? 'No events yet.' : 'No event matches the filter.'}
          {...(recent.length === 0
            ? { text: 'They appear as soon as something changes in the running lab.' }
            : {})}
        />
      ) : (
        <EventList events={shown} />
      )}
    </>
  );
}

function useFiltered(
  events: LiveEvent[],
  filter: { text: string; namespace: string; kind: string; cause: string },
): LiveEvent[] {
  const nameOf = useNameOf();
  const { text, namespace, kind, cause } = filter;
  return useMemo(() => {
    const words = text.toLowerCase().split(' ').filter(Boolean);
    if (words.length === 0 && !namespace && !kind && !cause) return events;
    return events.filter((event) => {
      const where = eventNamespace(event);
      if (kind && eventKind(event) !== kind) return false;
      if (cause && causeKind(event) !== cause) return false;
      if (namespace && where !== namespace && !where.startsWith(`${namespace}/`)) return false;
      if (words.length === 0) return true;
      const by = event.cause ? causeText(event.cause) : '';
      const line = `${event.event} ${where} ${eventText(event, nameOf)} ${by}`.toLowerCase();
      return words.every((word) => line.includes(word));
    });
  }, [events, text, namespace, kind, cause, nameOf]);
}

/** Names of interfaces as they are now; an event itself has only the index. */
function useNameOf(): (namespace: string, index: number) => string | undefined {
  const store = useLabStore();
  return useMemo(
    () => (namespace, index) =>
      store.getState().live?.namespaces[namespace]?.links.find((link) => link.index === index)
        ?.name,
    [store],
  );
}

function EventList({ events }: { events: LiveEvent[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const nameOf = useNameOf();
  const select = useLab((s) => s.select);
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoises this component
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  useEffect(() => {
    if (isAtEnd.current && events.length > 0) virtual.scrollToIndex(events.length - 1);
  }, [events, virtual]);

  return (
    <Scroll
      ref={scroller}
      label="Events"
      className={panel['scroll']}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < rowHeight * 2;
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const event = events[index];
          if (!event) return null;
          const where = eventNamespace(event);
          return (
            <div
              key={event.seq}
              className={styles['event']}
              data-kind={eventKind(event)}
              style={{ transform: `translateY(${start}px)` }}
            >
              <button
                // Thousands of stops for the Tab key would be a trap; the list scrolls by key.
                tabIndex={-1}
                className={styles['what']}
                onClick={() => select(elementsOf(event))}
              >
                <span className={styles['time']}>{formatTime(event.time)}</span>
                <span className={styles['kind']}>{event.event}</span>
                <span className={styles['where']}>{where}</span>
                <span title={eventText(event, nameOf)}>{eventText(event, nameOf)}</span>
              </button>
              {event.cause && <CauseOf cause={event.cause} />}
            </div>
          );
        })}
      </div>
    </Scroll>
  );
}

/** Whose doing it was; a plugin's leads to its step. */
function CauseOf({ cause }: { cause: Cause }) {
  const showOperation = useLab((s) => s.showOperation);
  const text = causeText(cause);
  if (cause.by !== 'step') {
    return (
      <span className={styles['cause']} title={cause.by === 'command' ? cause.line : text}>
        {text}
      </span>
    );
  }
  return (
    <button
      tabIndex={-1}
      className={styles['cause']}
      title={`${text}: show its operation`}
      onClick={() => showOperation(cause.operation, cause.step)}
    >
      {text}
    </button>
  );
}

/** What to select for an event. */
function elementsOf(event: LiveEvent): string[] {
  if (event.event === 'element.state') return [event.element];
  if (event.event === 'link.new' || event.event === 'link.change') {
    return [`link:${event.namespace}/${event.link.name}`];
  }
  if (event.event === 'operation') return [operationElement(event.operation)];
  const where = eventNamespace(event);
  if (where === '' || event.event === 'element.del') return [];
  return [where.includes('/') ? `pod:${where}` : `host:${where}`];
}
