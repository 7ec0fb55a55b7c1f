import type { Doctor } from '@cnilab/shared/protocol/api';
import { CircleCheck } from 'lucide-react';
import { CopyButton } from '../design/CopyButton.tsx';
import { Notice } from '../design/Notice.tsx';
import styles from './Home.module.css';

/** Whether labs can run on this machine; if not, why, and what helps. */
export function Health({ doctor }: { doctor: Doctor | undefined }) {
  if (!doctor) return <p className={styles['health']}>Looking at what this machine offers …</p>;
  const working = doctor.boxes.filter(({ works }) => works).map(({ kind }) => kind);
  const plugins = new Set(doctor.plugins.map(({ type }) => type)).size;
  return (
    <div className={styles['healthBox']}>
      {working.length > 0 ? (
        <p className={styles['health']}>
          <CircleCheck size={16} aria-hidden className={styles['ok']} />
          Labs can run here: {working.join(' and ')} box, {plugins} CNI{' '}
          {plugins === 1 ? 'plugin' : 'plugins'}.
        </p>
      ) : (
        <Notice
          boxed
          look="bad"
          title="No box can run on this machine."
          text="You can still draw, edit, check and export labs."
        >
          <ul className={styles['remedies']}>
            {doctor.boxes.map(({ kind, reason, remedy }) => (
              <li key={kind}>
                <b>{kind}</b>: {reason ?? 'does not work'} {remedy && <Remedy text={remedy} />}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {doctor.missing.length > 0 && (
        <details className={styles['missing']}>
          <summary>
            {doctor.missing.length === 1
              ? 'One thing is missing: labs that need it cannot run here'
              : `${doctor.missing.length} things are missing: labs that need them cannot run here`}
          </summary>
          <ul className={styles['remedies']}>
            {doctor.missing.map(({ what, remedy }) => (
              <li key={what}>
                <b>{what}</b> <Remedy text={remedy} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** A command to copy, or a sentence to read. */
function Remedy({ text }: { text: string }) {
  if (/[.]$/.test(text)) return <span>{text}</span>;
  return (
    <span className={styles['remedy']}>
      <code>{text}</code>
      <CopyButton text={text} what="the remedy" />
    </span>
  );
}
