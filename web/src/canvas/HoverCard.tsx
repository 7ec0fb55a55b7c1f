import type { Seen } from '@cnilab/shared/live/look';
import { useLab } from '../store/labContext.tsx';
import { bitRate } from '../store/rateText.ts';
import { linkCounters, useLook } from '../store/useSeen.ts';
import type { Card, CardSection } from './card.ts';
import styles from './Canvas.module.css';

export interface HoveredCard {
  card: Card;
  /** Pixels from the canvas' corner. */
  left: number;
  top: number;
  /** Opens to the left, or upwards, where there is no room. */
  isLeft: boolean;
  isAbove: boolean;
}

/** What is known of the element under the pointer. */
export function HoverCard({ card, left, top, isLeft, isAbove }: HoveredCard) {
  useLook(
    'rates',
    card.sections.flatMap(({ counters }) => counters?.namespace ?? []),
  );
  const seen = useLab((s) => s.seen);
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
          {[...section.rows, ...rateRows(section, seen)].map(([label, value]) => (
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
  seen: Readonly<Record<string, Seen>>,
): [string, string][] {
  const rate = counters && linkCounters(seen, counters.namespace, counters.index)?.rate;
  return rate ? [['Traffic', `↓ ${bitRate(rate.rxBits)}  ↑ ${bitRate(rate.txBits)}`]] : [];
}
