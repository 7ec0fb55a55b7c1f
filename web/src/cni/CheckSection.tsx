import { ShieldCheck } from 'lucide-react';
import { useId } from 'react';
import { Notice } from '../design/Notice.tsx';
import { CniErrorView } from '../dock/OperationView.tsx';
import { attachmentsOf, whyNotAskable } from '../store/askable.ts';
import { parseElement } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { askedKey, askedProblem } from '../store/operate.ts';
import { lastCheck, outcomeOf } from '../store/outcomes.ts';
import { AskButton } from './AskButton.tsx';
import { Answered } from './Answered.tsx';
import styles from './Cni.module.css';

/** CHECK of an attachment, or of all attachments of a pod, with what came of the last one. */
export function CheckSection({ element }: { element: string }) {
  const lab = useLab((s) => s.lab);
  const live = useLab((s) => s.live);
  const connection = useLab((s) => s.connection);
  const problem = useLab((s) => askedProblem(s.asked[askedKey('CHECK', element)], s.live));
  const reasonId = useId();
  const text = whyNotAskable('CHECK', element, { lab, live, connection });
  const reason = text === undefined ? undefined : { text, id: reasonId };
  const attachments = attachmentsOf(element, { lab });
  const isPod = parseElement(element)?.kind === 'pod';
  return (
    <section aria-label="Check" className={styles['section']}>
      <h3 className={styles['title']}>Check</h3>
      <p className={styles['about']}>
        CHECK asks every plugin whether {isPod ? 'each attachment' : 'the attachment'} is as it was
        when it was added.
      </p>
      <div className={styles['actions']}>
        <AskButton
          op="CHECK"
          element={element}
          label="Check"
          pendingLabel="Checking …"
          icon={ShieldCheck}
          hint="Runs CHECK (C)"
          reason={reason}
        />
        {reason && (
          <span id={reason.id} className={styles['reason']}>
            {reason.text}
          </span>
        )}
      </div>
      <div aria-live="polite" className={styles['outcomes']}>
        {problem && <Notice boxed look="bad" text={problem} />}
        {live && attachments.map((id) => <Checked key={id} attachment={id} isNamed={isPod} />)}
      </div>
    </section>
  );
}

/** The last CHECK of one attachment. */
function Checked({ attachment, isNamed }: { attachment: string; isNamed: boolean }) {
  const ref = parseElement(attachment);
  const select = useLab((s) => s.select);
  const state = useLab((s) => s.live?.elements[attachment]?.state);
  const operation = useLab((s) =>
    ref?.kind === 'attachment' ? lastCheck(s.live, ref) : undefined,
  );
  if (ref?.kind !== 'attachment') return null;
  const name = isNamed && (
    <button className={styles['subject']} onClick={() => select([attachment])}>
      {ref.name}
    </button>
  );
  if (!operation || state !== 'up') {
    if (!isNamed) return null;
    return (
      <p className={styles['answer']}>
        {name}
        <span className={styles['quiet']}>
          {state === 'up'
            ? 'not checked since it was added'
            : state === 'failed'
              ? 'not attached: its ADD failed'
              : 'not attached yet'}
        </span>
      </p>
    );
  }
  return (
    <>
      <Answered operation={operation} outcome={outcomeOf(operation)}>
        {name}
      </Answered>
      {operation.error && <CniErrorView error={operation.error} />}
    </>
  );
}
