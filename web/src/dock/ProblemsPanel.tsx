import type { Diagnostic } from '@cnilab/shared/lab/diagnostics';
import { Wrench } from 'lucide-react';
import { Button } from '../design/Button.tsx';
import { Message } from '../design/Message.tsx';
import { SeverityMark } from '../design/SeverityMark.tsx';
import { elementLabel } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import styles from './Panels.module.css';

const order = { error: 0, warning: 1, hint: 2 } as const;

/** Everything that is wrong or worth knowing in the document, worst first. */
export function ProblemsPanel() {
  const diagnostics = useLab((s) => s.diagnostics);
  if (diagnostics.length === 0) return <Message title="Nothing is wrong with this lab." />;
  return (
    <ul className={styles['list']}>
      {diagnostics
        .toSorted((a, b) => order[a.severity] - order[b.severity])
        .map((diagnostic, i) => (
          <Problem key={`${i} ${diagnostic.code}`} diagnostic={diagnostic} />
        ))}
    </ul>
  );
}

/** One diagnostic: choosing it shows its element, one button mends it. */
function Problem({ diagnostic }: { diagnostic: Diagnostic }) {
  const select = useLab((s) => s.select);
  const command = useLab((s) => s.command);
  const showDock = useLab((s) => s.showDock);
  const edit = useLab((s) => s.edit);
  const { element, fix, line, message, severity } = diagnostic;
  return (
    <li className={styles['row']}>
      <button
        className={styles['rowButton']}
        onClick={() => {
          if (!element) return showDock('text');
          select([element]);
          command({ command: 'reveal', element });
        }}
      >
        <SeverityMark severity={severity} />
        <span className={styles['grow']}>
          {message}
          <br />
          <span className={styles['quiet']}>
            {element && elementLabel(element)}
            {line !== undefined && ` · line ${line}`}
          </span>
        </span>
      </button>
      {fix && (
        <Button small icon={Wrench} onPress={() => edit(fix.edits, fix.label)}>
          {fix.label}
        </Button>
      )}
    </li>
  );
}
