import type { Operation } from '@cnilab/shared/live/operation';
import { useEffect, useRef, useState } from 'react';
import { OutcomeIcon } from '../cni/OutcomeMark.tsx';
import { cx } from '../design/cx.ts';
import { SearchField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { formatMs, formatTime } from '../store/eventText.ts';
import { operationElement, operationNote, outcomeOf } from '../store/outcomes.ts';
import { useLab } from '../store/labContext.tsx';
import styles from './OperationsPanel.module.css';
import { OperationView } from './OperationView.tsx';
import panel from './Panels.module.css';

const noOperations: Operation[] = [];

/** Every run of a plugin chain, newest first, with what each plugin got, said and changed. */
export function OperationsPanel() {
  const operations = useLab((s) => s.live?.operations ?? noOperations);
  const select = useLab((s) => s.select);
  const [filter, setFilter] = useState('');
  const chosen = useLab((s) => s.shownOperation);
  const showOperation = useLab((s) => s.showOperation);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // It may have been chosen elsewhere, and be far down.
    if (chosen)
      list.current?.querySelector('[aria-pressed=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  if (operations.length === 0) {
    return (
      <Message
        title="No operation yet."
        text="When the lab is deployed, each ADD and DEL is listed here with its steps, and each CHECK, STATUS, VERSION and GC that is asked for."
      />
    );
  }
  const shown = operations
    .filter((operation) => textOf(operation).includes(filter.toLowerCase()))
    .toReversed();
  const detail = operations.find(({ id }) => id === chosen?.id) ?? shown[0];
  return (
    <div className={styles['split']}>
      <div className={styles['list']}>
        <div className={panel['toolbar']}>
          <SearchField label="Filter operations" value={filter} onChange={setFilter} />
        </div>
        <ul ref={list} className={panel['list']}>
          {shown.map((operation) => (
            <li key={operation.id}>
              <button
                className={cx(styles['item'], operation === detail && styles['chosen'])}
                aria-pressed={operation === detail}
                onClick={() => {
                  showOperation(operation.id);
                  select([operationElement(operation)]);
                }}
              >
                <Mark operation={operation} />
                <span className={panel['grow']}>
                  {titleOf(operation)}
                  <Note operation={operation} />
                </span>
                <span className={panel['quiet']} title={formatTime(operation.started)}>
                  {formatMs(operation.ms)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <div className={panel['scroll']}>
        {detail && (
          <OperationView
            key={detail.id}
            operation={detail}
            openStep={detail.id === chosen?.id ? chosen.step : undefined}
          />
        )}
      </div>
    </div>
  );
}

function Mark({ operation }: { operation: Operation }) {
  const { op, done, ok } = operation;
  if (op !== 'ADD' && op !== 'DEL') return <OutcomeIcon {...outcomeOf(operation)} />;
  return <StateMark wordless standing={done ? (ok ? 'up' : 'failed') : 'working'} />;
}

/** What came of an operation that somebody asked for. */
function Note({ operation }: { operation: Operation }) {
  const note = operationNote(operation);
  return note ? <span className={styles['note']}>{note}</span> : null;
}

const titleOf = ({ op, host, pod, network, cleanup }: Operation): string =>
  `${op} ${network} ${pod ? `${host}/${pod}` : host}${cleanup ? ' (clean-up)' : ''}`;

const textOf = (operation: Operation): string =>
  `${titleOf(operation)} ${operationNote(operation) ?? ''}`.toLowerCase();
