import { parseJson, stringifyJson } from '@cnilab/shared/cni/json';
import type { CniErrorObject, Operation, Step } from '@cnilab/shared/live/operation';
import { Code } from '../design/Code.tsx';
import { Notice } from '../design/Notice.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { formatMs, formatTime } from '../store/eventText.ts';
import styles from './OperationView.module.css';

/** One operation: its steps in order, and what came of it. */
export function OperationView({ operation }: { operation: Operation }) {
  const { op, network, host, pod, interface: name, started, ms, steps, error, result } = operation;
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
      {error && <CniErrorView error={error} />}
      <ol className={styles['steps']}>
        {steps.map((step, i) => (
          <StepView key={i} step={step} number={i + 1} isOpen={step.error !== undefined} />
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

/** A plugin's own words, whole. */
export function CniErrorView({ error }: { error: CniErrorObject }) {
  return (
    <Notice
      boxed
      look="bad"
      title={error.plugin ? `${error.plugin} failed (code ${error.code}).` : `Code ${error.code}.`}
      text={error.msg}
    >
      {error.details && <span className={styles['errorDetails']}>{error.details}</span>}
    </Notice>
  );
}

function StepView(props: { step: Step; number: number; isOpen: boolean }) {
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
            {step.kernel.map(({ event, namespace, name, shared }, i) => (
              <li key={i}>
                <code>{event}</code> {name} <span>in {namespace || 'the segments'}</span>
                {shared && <em> · another plugin ran at the same time, it may be its change</em>}
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
