import { Activity, Eraser, Tags } from 'lucide-react';
import { useId } from 'react';
import { Notice } from '../design/Notice.tsx';
import { CniErrorView } from '../dock/OperationView.tsx';
import { whyNotAskable } from '../store/askable.ts';
import { findHost } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { hostNetworks } from '../store/networks.ts';
import { askedKey, askedProblem } from '../store/operate.ts';
import { isInVersions, lastAnswer, outcomeOf, type AskedOp } from '../store/outcomes.ts';
import { Answered } from './Answered.tsx';
import { AskButton } from './AskButton.tsx';
import styles from './Cni.module.css';
import { Removed } from './Removed.tsx';
import { Versions } from './Versions.tsx';

const questions = [
  {
    op: 'STATUS',
    label: 'Status',
    pendingLabel: 'Asking …',
    icon: Activity,
    hint: 'Runs STATUS: could the plugins serve an ADD now?',
  },
  {
    op: 'VERSION',
    label: 'Versions',
    pendingLabel: 'Asking …',
    icon: Tags,
    hint: 'Runs VERSION: which versions of CNI does each plugin take?',
  },
  {
    op: 'GC',
    label: 'Clean up',
    pendingLabel: 'Cleaning up …',
    icon: Eraser,
    hint: 'Runs GC: takes away what is left over',
  },
] as const;

/** STATUS, VERSION and GC of a network, or of all networks of a host, with the last answers. */
export function NetworkSection(props: {
  element: string;
  host: string;
  /** Undefined for all networks of the host. */
  network: string | undefined;
}) {
  const { element, host, network } = props;
  const lab = useLab((s) => s.lab);
  const live = useLab((s) => s.live);
  const connection = useLab((s) => s.connection);
  const reasonId = useId();
  const text = whyNotAskable('STATUS', element, { lab, live, connection });
  const reason = text === undefined ? undefined : { text, id: reasonId };
  const designed = findHost(lab, host);
  const all = designed ? hostNetworks(designed).map(({ name }) => name) : [];
  const where = network === undefined ? 'on this host' : 'on this network';
  return (
    <section aria-label={`CNI ${where}`} className={styles['section']}>
      <h3 className={styles['title']}>CNI {where}</h3>
      <p className={styles['about']}>
        Clean up takes away what the cache of this host still has
        {network !== undefined && ' of this network'} and the lab has not (GC).
      </p>
      <div className={styles['actions']}>
        {questions.map((question) => (
          <AskButton key={question.op} element={element} {...question} reason={reason} />
        ))}
        {reason && (
          <span id={reason.id} className={styles['reason']}>
            {reason.text}
          </span>
        )}
      </div>
      <div aria-live="polite" className={styles['outcomes']}>
        {live &&
          questions.map(({ op, label }) => (
            <Answers
              key={op}
              op={op}
              label={label}
              element={element}
              host={host}
              networks={network === undefined ? all : [network]}
            />
          ))}
      </div>
    </section>
  );
}

/** What came of one question, network by network. */
function Answers(props: {
  op: AskedOp;
  label: string;
  element: string;
  host: string;
  networks: string[];
}) {
  const { op, label, element, host, networks } = props;
  const live = useLab((s) => s.live);
  const problem = useLab((s) => askedProblem(s.asked[askedKey(op, element)], s.live));
  const answers = networks.flatMap((network) => lastAnswer(live, op, { host, network }) ?? []);
  if (answers.length === 0 && !problem) return null;
  return (
    <div className={styles['answers']}>
      <h4>{label}</h4>
      {problem && <Notice boxed look="bad" text={problem} />}
      {answers.map((operation) => (
        <div key={operation.network} className={styles['one']}>
          <Answered operation={operation} outcome={outcomeOf(operation)}>
            {networks.length > 1 && <b>{operation.network}</b>}
          </Answered>
          {op === 'GC' && <Removed operation={operation} />}
          {op === 'VERSION' && <Versions operation={operation} />}
          {operation.error && !isInVersions(operation) && <CniErrorView error={operation.error} />}
        </div>
      ))}
    </div>
  );
}
