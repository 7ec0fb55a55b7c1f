import { useEffect, useState } from 'react';
import { useServices } from '../app/services.tsx';
import { useLab } from '../store/labContext.tsx';
import type { Card, CardSection } from './card.ts';
import styles from './Canvas.module.css';
import { ratesBetween, type Counters, type Rates } from './rates.ts';

export interface HoveredCard {
  card: Card;
  /** Pixels from the canvas' corner. */
  left: number;
  top: number;
  /** Opens to the left, or upwards, where there is no room. */
  isLeft: boolean;
  isAbove: boolean;
}

const pollMs = 1000;

/** What is known of the element under the pointer. */
export function HoverCard({ card, left, top, isLeft, isAbove }: HoveredCard) {
  const rates = useRates(card);
  const transform = `translate(${isLeft ? '-100%' : '0'}, ${isAbove ? '-100%' : '0'})`;
  return (
    <div className={styles['card']} style={{ left, top, transform }} aria-hidden>
      <div className={styles['cardHead']}>
        <strong>{card.title}</strong>
        <span>{card.kind}</span>
      </div>
      <div className={styles['cardState']} data-state={card.state}>
        {card.stateText}
      </div>
      {card.reason !== undefined && <p className={styles['cardReason']}>{card.reason}</p>}
      {card.sections.map((section, at) => (
        <dl key={`${section.heading} ${at}`} className={styles['cardRows']}>
          {section.heading !== '' && <div className={styles['cardHeading']}>{section.heading}</div>}
          {[...section.rows, ...rateRows(section, rates)].map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ))}
    </div>
  );
}

function rateRows(
  { counters }: CardSection,
  rates: ReadonlyMap<string, Rates>,
): [string, string][] {
  const found = counters && rates.get(`${counters.namespace} ${counters.index}`);
  return found ? [['Traffic', `↓ ${found.receive}  ↑ ${found.send}`]] : [];
}

/** Traffic of the card's interfaces, while it is shown. */
function useRates(card: Card): ReadonlyMap<string, Rates> {
  const { api } = useServices();
  const name = useLab((s) => s.name);
  const [rates, setRates] = useState<ReadonlyMap<string, Rates>>(new Map());
  const namespaces = [
    ...new Set(card.sections.flatMap(({ counters }) => counters?.namespace ?? [])),
  ].join(' ');
  useEffect(() => {
    if (namespaces === '') return undefined;
    let isShown = true;
    let before: Counters | undefined;
    const poll = async () => {
      const lists = await Promise.all(
        namespaces.split(' ').map(async (namespace) => {
          const { links } = await api.call('getStats', { lab: name, namespace });
          return links.map((link) => ({ ...link, namespace }));
        }),
      );
      if (!isShown) return;
      const now = { at: performance.now(), links: lists.flat() };
      if (before) setRates(ratesBetween(before, now));
      before = now;
    };
    // A box that just ended has no counters, and the card says so by having none.
    const tick = () => void poll().catch(() => setRates(new Map()));
    tick();
    const timer = setInterval(tick, pollMs);
    return () => {
      isShown = false;
      clearInterval(timer);
    };
  }, [api, name, namespaces]);
  return rates;
}
