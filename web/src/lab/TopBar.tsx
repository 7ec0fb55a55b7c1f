import {
  CircleAlert,
  Command,
  Keyboard,
  Moon,
  PanelBottom,
  Play,
  Redo2,
  RotateCcw,
  Square,
  Sun,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { navigate } from '../app/router.ts';
import { Button, IconButton, IconToggle } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import { Logo } from '../design/Logo.tsx';
import { toggleTheme, useTheme } from '../design/theme.ts';
import { useLab } from '../store/labContext.tsx';
import { keysText } from './keys.ts';
import { ModeStrip } from './ModeStrip.tsx';
import { keysOf, type Overlay } from './shortcuts.ts';
import styles from './TopBar.module.css';

const keys = (id: string): string | undefined => {
  const found = keysOf(id);
  return found && keysText(found);
};

/** The bar above a lab: which lab, which mode, run it, take steps back. */
export function TopBar({ showOverlay }: { showOverlay: (overlay: Overlay) => void }) {
  const theme = useTheme();
  const name = useLab((s) => s.name);
  return (
    <header className={styles['bar']}>
      <button className={styles['home']} onClick={() => navigate('/')} title="All labs">
        <Logo />
        <span>Labs</span>
      </button>
      <h1 className={styles['name']} title={name}>
        {name}
      </h1>
      <SaveState />
      <ModeStrip />
      <div className={styles['spacer']} />
      <Problems />
      <History />
      <RunButtons />
      <div className={styles['tools']}>
        <IconButton
          label="Commands and search"
          icon={Command}
          keys={keys('commands')}
          onPress={() => showOverlay('commands')}
        />
        <IconButton
          label="Keyboard shortcuts"
          icon={Keyboard}
          keys={keys('shortcuts')}
          onPress={() => showOverlay('shortcuts')}
        />
        <DockToggle />
        <IconButton
          label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
          icon={theme === 'dark' ? Sun : Moon}
          onPress={toggleTheme}
        />
      </div>
    </header>
  );
}

function DockToggle() {
  const tab = useLab((s) => s.dockTab);
  const showDock = useLab((s) => s.showDock);
  return (
    <IconToggle
      label="Dock"
      icon={PanelBottom}
      isOn={tab !== undefined}
      onChange={(on) => showDock(on ? 'text' : undefined)}
    />
  );
}

const saveWords = {
  saved: 'Saved',
  saving: 'Saving …',
  conflict: 'Conflict',
  offline: 'Not saved yet',
  refused: 'Not saved',
} as const;

function SaveState() {
  const saving = useLab((s) => s.saving);
  const isBad = saving !== 'saved' && saving !== 'saving';
  return (
    <output className={cx(styles['save'], isBad && styles['bad'])}>{saveWords[saving]}</output>
  );
}

function Problems() {
  const diagnostics = useLab((s) => s.diagnostics);
  const showDock = useLab((s) => s.showDock);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  const hints = diagnostics.length - errors - warnings;
  if (errors + warnings + hints === 0) return null;
  const label = [
    errors && `${errors} ${errors === 1 ? 'error' : 'errors'}`,
    warnings && `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    hints && `${hints} ${hints === 1 ? 'hint' : 'hints'}`,
  ]
    .filter(Boolean)
    .join(', ');
  return (
    <button
      className={cx(styles['problems'], errors > 0 && styles['bad'])}
      onClick={() => showDock('problems')}
    >
      {errors > 0 ? <CircleAlert size={15} aria-hidden /> : <TriangleAlert size={15} aria-hidden />}
      {label}
    </button>
  );
}

function History() {
  const undoLabel = useLab((s) => s.undoStack.at(-1)?.label);
  const redoLabel = useLab((s) => s.redoStack.at(-1)?.label);
  const undo = useLab((s) => s.undo);
  const redo = useLab((s) => s.redo);
  return (
    <div className={styles['tools']}>
      <IconButton
        label={undoLabel ? `Undo: ${undoLabel}` : 'Nothing to undo'}
        icon={Undo2}
        keys={keys('undo')}
        isDisabled={undoLabel === undefined}
        onPress={undo}
      />
      <IconButton
        label={redoLabel ? `Redo: ${redoLabel}` : 'Nothing to redo'}
        icon={Redo2}
        keys={keys('redo')}
        isDisabled={redoLabel === undefined}
        onPress={redo}
      />
    </div>
  );
}

function RunButtons() {
  const isRunning = useLab((s) => s.live !== undefined);
  const busy = useLab((s) => s.busy);
  const isLost = useLab((s) => s.connection === 'lost');
  const hasErrors = useLab((s) => s.diagnostics.some(({ severity }) => severity === 'error'));
  // After a reload it is not known what was deployed: then nothing is asked for.
  const isDeployed = useLab((s) => s.live !== undefined && (s.deployedText ?? s.text) === s.text);
  const deploy = useLab((s) => s.deploy);
  const stop = useLab((s) => s.stop);
  const reset = useLab((s) => s.reset);
  const isIdle = busy === undefined && !isLost;
  return (
    <div className={styles['run']}>
      <Button
        icon={Play}
        look={isDeployed ? 'plain' : 'primary'}
        isDisabled={!isIdle || hasErrors}
        onPress={() => void deploy()}
        hint={
          hasErrors
            ? 'Errors first: see Problems'
            : isRunning
              ? 'Makes the running lab what the design says, with only the changes that it needs'
              : 'Starts a box and runs the real plugins in it'
        }
      >
        {busy === 'deploying'
          ? 'Deploying …'
          : isRunning && !isDeployed
            ? 'Deploy changes'
            : 'Deploy'}
      </Button>
      <Button icon={Square} isDisabled={!isRunning || !isIdle} onPress={() => void stop()}>
        {busy === 'stopping' ? 'Stopping …' : 'Stop'}
      </Button>
      <Button
        icon={RotateCcw}
        isDisabled={!isRunning || !isIdle}
        onPress={() => void reset()}
        hint="Ends the box and deploys in a new one"
      >
        {busy === 'resetting' ? 'Resetting …' : 'Reset'}
      </Button>
    </div>
  );
}
