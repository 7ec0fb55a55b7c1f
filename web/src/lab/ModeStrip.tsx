import { PencilRuler, Radio, Unplug } from 'lucide-react';
import { cx } from '../design/cx.ts';
import { useLab } from '../store/labContext.tsx';
import { countStates } from '../store/stateWords.ts';
import styles from './TopBar.module.css';

/** Says at all times what the picture is: a design, the running lab, or old news. */
export function ModeStrip() {
  const connection = useLab((s) => s.connection);
  const lostSince = useLab((s) => s.lostSince);
  const live = useLab((s) => s.live);
  const isChanged = useLab((s) => s.deployedText !== undefined && s.deployedText !== s.text);
  if (connection === 'lost' && lostSince !== undefined) {
    return (
      <Strip look="lost" icon={<Unplug size={14} aria-hidden />}>
        Connection lost since {new Date(lostSince).toLocaleTimeString()}
      </Strip>
    );
  }
  if (!live) {
    return (
      <Strip look="design" icon={<PencilRuler size={14} aria-hidden />}>
        Design
      </Strip>
    );
  }
  if (live.state === 'failed') {
    return (
      <Strip look="lost" icon={<Radio size={14} aria-hidden />}>
        Failed{live.error ? `: ${live.error}` : ''}
      </Strip>
    );
  }
  const { up, failed, pending, working } = countStates(live);
  const parts = [
    `${up} up`,
    working + pending > 0 && `${working + pending} on the way`,
    failed > 0 && `${failed} failed`,
    isChanged && 'changes not deployed',
  ].filter(Boolean);
  const word =
    live.state === 'running' ? 'Live' : live.state === 'starting' ? 'Starting' : 'Deploying';
  return (
    <Strip look={failed > 0 ? 'lost' : 'live'} icon={<Radio size={14} aria-hidden />}>
      <b>{word}</b> · {parts.join(' · ')}
    </Strip>
  );
}

function Strip(props: { look: string; icon: React.ReactNode; children: React.ReactNode }) {
  return (
    <output className={cx(styles['strip'], styles[props.look])} data-mode={props.look}>
      {props.icon}
      <span>{props.children}</span>
    </output>
  );
}
