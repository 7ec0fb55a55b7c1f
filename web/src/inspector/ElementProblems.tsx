import type { Operation } from '@cnilab/shared/live/operation';
import { Wrench } from 'lucide-react';
import { CniErrorView } from '../dock/OperationView.tsx';
import { Button } from '../design/Button.tsx';
import { Notice } from '../design/Notice.tsx';
import { useLab } from '../store/labContext.tsx';
import { lastOperations } from './operations.ts';
import styles from './Inspector.module.css';

const looks = { error: 'bad', warning: 'warn', hint: 'info' } as const;

/** What brought the element into its state: not what somebody only asked for afterwards. */
const isReason = ({ op, error, cleanup }: Operation): boolean =>
  (op === 'ADD' || op === 'DEL') && error !== null && !cleanup;

/** What is wrong with an element, at the element: of its design, and of what became of it. */
export function ElementProblems({ id }: { id: string }) {
  const diagnostics = useLab((s) => s.diagnostics);
  const edit = useLab((s) => s.edit);
  const live = useLab((s) => s.live);
  const setTab = useLab((s) => s.setInspectorTab);
  const state = live?.elements[id];
  const own = diagnostics.filter(({ element }) => element === id);
  const failed = state?.state === 'failed' ? lastOperations(live, id).find(isReason) : undefined;
  if (own.length === 0 && state?.state !== 'failed') return null;
  return (
    <div className={styles['problems']} aria-live="polite">
      {own.map(({ severity, message, fix, code }, i) => (
        <Notice key={`${i} ${code}`} boxed look={looks[severity]} text={message}>
          {fix && (
            <Button small icon={Wrench} onPress={() => edit(fix.edits, fix.label)}>
              {fix.label}
            </Button>
          )}
        </Notice>
      ))}
      {state?.state === 'failed' && failed?.error && (
        <>
          <CniErrorView error={failed.error} />
          <Button small look="quiet" onPress={() => setTab('cni')}>
            What each plugin got and said
          </Button>
        </>
      )}
      {state?.state === 'failed' && !failed?.error && (
        <Notice boxed look="bad" text={state.error ?? 'It failed, and gave no reason.'} />
      )}
    </div>
  );
}
