import type { LabEntry } from '@cnilab/shared/protocol/api';
import { CircleAlert, Trash2 } from 'lucide-react';
import { labPath, navigate } from '../app/router.ts';
import { IconButton } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import styles from './Home.module.css';
import { countText } from './labNames.ts';

const stateWords: Record<LabEntry['state'], string> = {
  starting: 'Starting',
  deploying: 'Deploying',
  running: 'Live',
  stopped: 'Stopped',
  failed: 'Failed',
};

/** The labs of this server. */
export function LabList(props: { labs: LabEntry[] | undefined; onRemove: (name: string) => void }) {
  const { labs, onRemove } = props;
  if (!labs) return null;
  if (labs.length === 0) {
    return (
      <p className={styles['empty']}>No lab yet: open an example below, or start a new one.</p>
    );
  }
  return (
    <ul className={styles['labs']}>
      {labs
        .toSorted((a, b) => b.modified - a.modified)
        .map((lab) => (
          <li key={lab.name} className={styles['lab']}>
            <a
              href={labPath(lab.name)}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                navigate(labPath(lab.name));
              }}
            >
              <b>{lab.name}</b>
              <span className={styles['description']}>{lab.description}</span>
            </a>
            <span className={cx(styles['state'], styles[lab.state])}>{stateWords[lab.state]}</span>
            <span className={styles['meta']}>{countText(lab.hosts, lab.pods)}</span>
            {lab.errors > 0 && (
              <span className={styles['errors']}>
                <CircleAlert size={14} aria-hidden /> {lab.errors}{' '}
                {lab.errors === 1 ? 'error' : 'errors'}
              </span>
            )}
            <span className={styles['meta']} title={new Date(lab.modified).toLocaleString()}>
              {new Date(lab.modified).toLocaleDateString()}
            </span>
            <IconButton
              label={`Delete ${lab.name}`}
              icon={Trash2}
              onPress={() => onRemove(lab.name)}
            />
          </li>
        ))}
    </ul>
  );
}
