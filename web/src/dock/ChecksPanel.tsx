import { CircleCheck, CircleX, ListChecks } from 'lucide-react';
import { Button } from '../design/Button.tsx';
import { Message } from '../design/Message.tsx';
import { checkNote, checkText } from '../store/checkText.ts';
import { formatMs } from '../store/eventText.ts';
import { useLab } from '../store/labContext.tsx';
import panel from './Panels.module.css';

/** The document's checks and how they came out. */
export function ChecksPanel() {
  const planned = useLab((s) => s.lab?.checks);
  const checks = useLab((s) => s.checks);
  const isRunning = useLab((s) => s.live !== undefined);
  const busy = useLab((s) => s.busy);
  const runChecks = useLab((s) => s.runChecks);
  if (!planned?.length) {
    return (
      <Message
        title="This lab has no checks."
        text="A check says what should be true once the lab runs. Write some in the text, under “checks:”."
      />
    );
  }
  const held = checks?.results.filter(({ ok }) => ok).length ?? 0;
  return (
    <>
      <div className={panel['toolbar']}>
        <Button
          small
          icon={ListChecks}
          isDisabled={!isRunning || busy !== undefined}
          onPress={() => void runChecks()}
        >
          {busy === 'checking' ? 'Running …' : 'Run the checks'}
        </Button>
        <output className={panel['quiet']}>
          {checks
            ? `${held} of ${checks.results.length} hold, at ${new Date(checks.at).toLocaleTimeString()}`
            : isRunning
              ? 'not run yet'
              : 'needs a running lab'}
        </output>
      </div>
      <ul className={panel['list']}>
        {planned.map((check, i) => {
          const result = checks?.results.find(({ name }) => name === check.name);
          const note = result && checkNote(check, result);
          return (
            <li key={`${i} ${check.name}`} className={panel['result']}>
              {result ? (
                result.ok ? (
                  <CircleCheck size={16} className={panel['ok']} aria-label="holds" />
                ) : (
                  <CircleX size={16} className={panel['bad']} aria-label="does not hold" />
                )
              ) : (
                <span />
              )}
              <div>
                <b>{check.name}</b>
                <p className={panel['details']}>{checkText(check)}</p>
                {note && <p className={panel['details']}>{note}</p>}
                {result?.message && <p className={panel['bad']}>{result.message}</p>}
              </div>
              <span className={panel['quiet']}>{result && formatMs(result.ms)}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
