import { parseJson, stringifyJson } from '@cnilab/shared/cni/json';
import { adviceFor } from '@cnilab/shared/live/advice';
import type { CniErrorObject, Operation, Step } from '@cnilab/shared/live/operation';
import { OutcomeMark } from '../cni/OutcomeMark.tsx';
import { Removed } from '../cni/Removed.tsx';
import { Versions } from '../cni/Versions.tsx';
import { Code } from '../design/Code.tsx';
import { Notice } from '../design/Notice.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { codeMeaning, errorTitle } from '../store/cniCodes.ts';
import { formatMs, formatTime } from '../store/eventText.ts';
import { outcomeOf, stepAbout } from '../store/outcomes.ts';
import styles from './OperationView.module.css';

/**
 * One operation: its steps in order, and what came of it. `isTold`: the latter is on the screen
 * already. `openStep`: the one whose details are shown at first, from 0.
 */
export function OperationView(props: {
  operation: Operation;
  isTold?: boolean;
  openStep?: number | undefined;
}) {
  const { operation, isTold = false, openStep } = props;
  const { op, network, host, pod, interface: name, started, ms, steps, error, result } = operation;
  const isAsked = op !== 'ADD' && op !== 'DEL';
  return (
    <article className={styles['operation']}>
      <header>
        <h3>
          {op} {network}
        </h3>
        <p>
          {pod ? `${host}/${pod}, ${name}` : host} · {formatTime(started)} · {formatMs(ms)}
          {operation.cleanup && ' · clean-up after a failed ADD'}
        </p>
      </header>
      {isAsked && !isTold && (
        <p className={styles['outcome']}>
          <OutcomeMark {...outcomeOf(operation)} />
        </p>
      )}
      {error && !isTold && <CniErrorView error={error} />}
      {op === 'GC' && !isTold && <Removed operation={operation} />}
      {op === 'VERSION' && !isTold && <Versions operation={operation} />}
      <ol className={styles['steps']}>
        {steps.map((step, i) => (
          <StepView
            key={i}
            step={step}
            number={i + 1}
            about={stepAbout(operation, step)}
            // An error that is on the screen already need not be there twice.
            isOpen={(step.error !== undefined && !isTold) || i === openStep}
          />
        ))}
      </ol>
      {result && (
        <details>
          <summary>Result</summary>
          <Code text={prettyJson(result)} what="the result" />
        </details>
      )}
    </article>
  );
}

/** A plugin's own words, whole, and what helps or what its code means. */
export function CniErrorView({ error }: { error: CniErrorObject }) {
  const more = [error.details, adviceFor(error) ?? codeMeaning(error.code)].filter(Boolean);
  return (
    <Notice boxed look="bad" title={errorTitle(error)} text={error.msg}>
      {more.length > 0 && <span className={styles['errorDetails']}>{more.join('\n')}</span>}
    </Notice>
  );
}

function StepView(props: {
  step: Step;
  number: number;
  about: string | undefined;
  isOpen: boolean;
}) {
  const { step, number, isOpen } = props;
  const failed = step.error !== undefined || step.exit !== 0;
  const exit =
    step.exit === null
      ? step.signal
        ? `ended by ${step.signal}`
        : 'did not start'
      : `exit ${step.exit}`;
  return (
    <li className={styles['step']}>
      <details open={isOpen}>
        <summary>
          <b>
            {number}. {step.plugin}
          </b>
          {props.about && <code>{props.about}</code>}
          <StateMark standing={failed ? 'failed' : 'up'} wordless />
          <span>
            {exit} · {formatMs(step.ms)}
          </span>
        </summary>
        {step.error && <CniErrorView error={step.error} />}
        <h4>Changes in the kernel</h4>
        {step.kernel.length === 0 ? (
          <p className={styles['none']}>none seen</p>
        ) : (
          <ul className={styles['kernel']}>
            {step.kernel.map(({ event, namespace, name, shared, late }, i) => (
              <li key={i}>
                <code>{event}</code> {name} <span>in {namespace || 'the segments'}</span>
                {shared && <em> · another plugin ran at the same time, it may be its change</em>}
                {late && <em> · a little later, as a consequence</em>}
              </li>
            ))}
          </ul>
        )}
        <Part title="stdin" text={prettyJson(step.stdin)} />
        <Part title="stdout" text={prettyJson(step.stdout)} />
        <Part title="stderr" text={step.stderr} />
        <Part
          title="environment"
          text={Object.entries(step.env)
            .map(([key, value]) => `${key}=${value}`)
            .join('\n')}
        />
      </details>
    </li>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h4>{title}</h4>
      {text === '' ? <p className={styles['none']}>empty</p> : <Code text={text} what={title} />}
    </>
  );
}

/** JSON on several lines; any other text as it is. */
export function prettyJson(text: string): string {
  try {
    return stringifyJson(parseJson(text), 2);
  } catch {
    return text;
  }
}
