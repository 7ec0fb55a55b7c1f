import type { LiveEvent, Snapshot } from '@cnilab/shared/live/events';

export interface Announcer {
  /** Says it soon, politely; what is said within the same second is joined. */
  say(text: string): void;
  destroy(): void;
}

const pauseMs = 1000;
/** More than this many things at once are counted instead of named. */
const atMost = 3;

/** Speaks through an aria-live region, at most once a second. */
export function createAnnouncer(region: HTMLElement): Announcer {
  let waiting: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  const speak = () => {
    timer = undefined;
    last = performance.now();
    region.textContent = joined(waiting);
    waiting = [];
  };
  return {
    say(text) {
      if (!waiting.includes(text)) waiting.push(text);
      timer ??= setTimeout(speak, Math.max(50, last + pauseMs - performance.now()));
    },
    destroy() {
      clearTimeout(timer);
    },
  };
}

export function joined(texts: readonly string[]): string {
  if (texts.length <= atMost) return texts.join('. ');
  return `${texts.slice(0, atMost).join('. ')}, and ${texts.length - atMost} more changes`;
}

/** What a listener should hear of a change; undefined for what would only be noise. */
export function eventSentence(event: LiveEvent, before: Snapshot | undefined): string | undefined {
  const place = (namespace: string) => (namespace === '' ? 'the segments' : namespace);
  switch (event.event) {
    case 'namespace.new':
      return event.info.kind === 'segments' ? undefined : `${event.info.id} exists`;
    case 'namespace.del':
      return `${event.namespace} is gone`;
    case 'link.new':
      return isQuiet(event.namespace, event.link.name)
        ? undefined
        : `${event.link.name} appeared in ${place(event.namespace)}`;
    case 'link.del':
      return isQuiet(event.namespace, event.name)
        ? undefined
        : `${event.name} is gone from ${place(event.namespace)}`;
    case 'link.change': {
      const { namespace, link } = event;
      const old = before?.namespaces[namespace]?.links.find(({ index }) => index === link.index);
      if (
        !old ||
        isQuiet(namespace, link.name) ||
        (old.state === link.state && old.up === link.up)
      ) {
        return undefined;
      }
      const isUp = link.up && link.state !== 'DOWN' && link.state !== 'LOWERLAYERDOWN';
      return `${link.name} ${isUp ? 'came up' : 'went down'} in ${place(namespace)}`;
    }
    case 'element.state':
      return event.state.state === 'failed'
        ? `${event.element.replace(':', ' ')} failed: ${event.state.error ?? ''}`
        : undefined;
    default:
      return undefined;
  }
}

const isQuiet = (namespace: string, link: string): boolean => namespace === '' || link === 'lo';
