import type { Operation } from '@cnilab/shared/live/operation';
import { useState } from 'react';
import { cx } from '../design/cx.ts';
import { SearchField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { formatMs, formatTime } from '../store/eventText.ts';
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
  const [chosen, setChosen] = useState<number>();
  if (operations.length === 0) {
    return (
      <Message
        title="No operation yet."
        text="When the lab is deployed, each ADD and DEL is listed here with its steps."
      />
    );
  }
  const shown = operations
    .filter((operation) => titleOf(operation).toLowerCase().includes(filter.toLowerCase()))
    .toReversed();
  const detail = operations.find(({ id }) => id === chosen) ?? shown[0];
  return (
    <div className={styles['split']}>
      <div className={styles['list']}>
        <div className={panel['toolbar']}>
          <SearchField label="Filter operations" value={filter} onChange={setFilter} />
        </div>
        <ul className={panel['list']}>
          {shown.map((operation) => (
            <li key={operation.id}>
              <button
                className={cx(styles['item'], operation === detail && styles['chosen'])}
                aria-pressed={operation === detail}
                onClick={() => {
                  setChosen(operation.id);
                  const { host, pod, interface: name } = operation;
                  if (pod) select([`attachment:${host}/${pod}/${name}`]);
                }}
              >
                <StateMark
                  wordless
                  standing={operation.done ? (operation.ok ? 'up' : 'failed') : 'working'}
                />
                <span className={panel['grow']}>{titleOf(operation)}</span>
                <span className={panel['quiet']} title={formatTime(operation.started)}>
                  {formatMs(operation.ms)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <div className={panel['scroll']}>{detail && <OperationView operation={detail} />}</div>
    </div>
  );
}

const titleOf = ({ op, host, pod, network, cleanup }: Operation): string =>
  `${op} ${network} ${pod ? `${host}/${pod}` : host}${cleanup ? ' (clean-up)' : ''}`;
