import { CircleCheck, CircleX, Send } from 'lucide-react';
import { Button } from '../design/Button.tsx';
import { Code } from '../design/Code.tsx';
import { SelectField, TextField } from '../design/Fields.tsx';
import { Message } from '../design/Message.tsx';
import { formatMs } from '../store/eventText.ts';
import { useLab } from '../store/labContext.tsx';
import { probeTitle, type ProbeDraft } from '../store/probeCheck.ts';
import { namespaceIds } from '../store/targets.ts';
import type { ProbeRun } from '../store/probes.ts';
import { prettyJson } from './OperationView.tsx';
import panel from './Panels.module.css';

const kinds: readonly ProbeDraft['kind'][] = ['ping', 'tcp', 'udp', 'http'];
const isKind = (text: string): text is ProbeDraft['kind'] => kinds.some((kind) => kind === text);

const portError = (text: string): string | undefined => {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65535
    ? undefined
    : 'A port is a number from 1 to 65535.';
};

/** Sends real packets from here to there, and says what became of them. */
export function ProbePanel() {
  const live = useLab((s) => s.live);
  const draft = useLab((s) => s.probeDraft);
  const setDraft = useLab((s) => s.setProbeDraft);
  const probe = useLab((s) => s.probe);
  const isProbing = useLab((s) => s.probing);
  const probes = useLab((s) => s.probes);
  if (!live) {
    return (
      <Message
        title="A probe needs a running lab."
        text="Press Deploy. Then choose from and to here, or press P and click both on the canvas."
      />
    );
  }
  const namespaces = namespaceIds({ live });
  return (
    <>
      <form
        className={panel['toolbar']}
        onSubmit={(event) => {
          event.preventDefault();
          void probe();
        }}
      >
        <SelectField
          inline
          label="Probe"
          value={draft.kind}
          options={kinds}
          onChange={(kind) => isKind(kind) && setDraft({ kind })}
        />
        <SelectField
          inline
          label="from"
          value={draft.from}
          options={namespaces}
          onChange={(from) => setDraft({ from })}
        />
        <TextField
          inline
          label="to"
          value={draft.to}
          columns={16}
          placeholder="address, host/pod or URL"
          suggestions={namespaces}
          onCommit={(to) => setDraft({ to })}
        />
        {draft.kind !== 'ping' && (
          // Keeps its room while a URL says the port: “Send” must not move as it is pressed.
          <span style={{ visibility: draft.to.includes('://') ? 'hidden' : 'visible' }}>
            <TextField
              inline
              label="port"
              columns={5}
              value={String(draft.port)}
              validate={portError}
              onCommit={(port) => setDraft({ port: Number(port) })}
            />
          </span>
        )}
        <Button small look="primary" icon={Send} type="submit" isDisabled={isProbing}>
          {isProbing ? 'Sending …' : 'Send'}
        </Button>
      </form>
      {probes.length === 0 ? (
        <Message title="No probe yet." text="Or press P and click two elements on the canvas." />
      ) : (
        <ul className={panel['list']}>
          {probes.map((run) => (
            <Result key={run.id} run={run} />
          ))}
        </ul>
      )}
    </>
  );
}

function Result({ run }: { run: ProbeRun }) {
  const showPulse = useLab((s) => s.showPulse);
  const probe = useLab((s) => s.probe);
  const { draft, result, at, reason } = run;
  return (
    <li className={panel['result']}>
      {result.ok ? (
        <CircleCheck size={16} className={panel['ok']} aria-label="went through" />
      ) : (
        <CircleX size={16} className={panel['bad']} aria-label="failed" />
      )}
      <div>
        <b>{probeTitle(draft)}</b>
        <Got got={result.got} />
        {!result.ok && <p className={panel['bad']}>{result.message}</p>}
        {!result.ok && reason && <p>{reason}</p>}
      </div>
      <span className={panel['quiet']}>
        {new Date(at).toLocaleTimeString()} · {formatMs(result.ms)}{' '}
        <Button small look="quiet" onPress={() => showPulse(run)}>
          Show path
        </Button>
        <Button small look="quiet" onPress={() => void probe(draft)}>
          Again
        </Button>
      </span>
    </li>
  );
}

/** Long answers, such as a page, are folded. */
const foldedFrom = 60;

/** What the probe saw, as text. */
function Got({ got }: { got: ProbeRun['result']['got'] }) {
  const parts = Object.entries(got).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const short = parts.filter(([, text]) => text.length < foldedFrom);
  const long = parts.filter(([, text]) => text.length >= foldedFrom);
  return (
    <div className={panel['details']}>
      {short.map(([key, text]) => `${key} ${text}`).join(', ')}
      {long.map(([key, text]) => (
        <details key={key}>
          <summary>{key}</summary>
          <Code text={prettyJson(text)} what={key} />
        </details>
      ))}
    </div>
  );
}
