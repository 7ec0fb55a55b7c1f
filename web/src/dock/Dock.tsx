import { ChevronDown, ChevronUp, SquareTerminal, X } from 'lucide-react';
import { lazy, Suspense, type ComponentType } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { IconButton } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import { Message } from '../design/Message.tsx';
import { useLab } from '../store/labContext.tsx';
import { dockPanels, type DockPanel, type DockTab } from '../store/view.ts';
import { ChecksPanel } from './ChecksPanel.tsx';
import styles from './Dock.module.css';
import { EventsPanel } from './EventsPanel.tsx';
import { FirewallPanel } from './FirewallPanel.tsx';
import { FlowsPanel } from './FlowsPanel.tsx';
import { OperationsPanel } from './OperationsPanel.tsx';
import { ProbePanel } from './ProbePanel.tsx';
import { ProblemsPanel } from './ProblemsPanel.tsx';

// The editor and the terminal are the page's two large parts; they come when they are opened.
const TextPanel = lazy(async () => {
  const { TextPanel: component } = await import('./TextPanel.tsx');
  return { default: component };
});
const TerminalPanel = lazy(async () => {
  const { TerminalPanel: component } = await import('./TerminalPanel.tsx');
  return { default: component };
});

const panels: Record<DockPanel, { title: string; component: ComponentType }> = {
  problems: { title: 'Problems', component: ProblemsPanel },
  text: { title: 'Text', component: TextPanel },
  events: { title: 'Events', component: EventsPanel },
  firewall: { title: 'Firewall', component: FirewallPanel },
  flows: { title: 'Flows', component: FlowsPanel },
  probe: { title: 'Probe', component: ProbePanel },
  checks: { title: 'Checks', component: ChecksPanel },
  operations: { title: 'Operations', component: OperationsPanel },
};

const isDockTab = (key: unknown): key is DockTab =>
  typeof key === 'string' && (key.startsWith('terminal:') || key in panels);

/** The tabs below the canvas. A panel that is not shown does nothing; terminals stay alive. */
export function Dock() {
  const tab = useLab((s) => s.dockTab);
  const showDock = useLab((s) => s.showDock);
  const terminals = useLab((s) => s.terminals);
  const closeTerminal = useLab((s) => s.closeTerminal);
  const problems = useLab((s) => s.diagnostics.length);
  const isOpen = tab !== undefined;
  return (
    <Tabs
      className={cx(styles['dock'])}
      selectedKey={tab ?? 'closed'}
      onSelectionChange={(key) => {
        if (isOpen && isDockTab(key)) showDock(key);
      }}
    >
      <div className={styles['bar']}>
        <TabList aria-label="Dock" className={cx(styles['tabs'])}>
          {dockPanels.map((id) => (
            <Tab key={id} id={id} className={cx(styles['tab'])} onPress={() => showDock(id)}>
              {panels[id].title}
              {id === 'problems' && problems > 0 && (
                <span className={styles['count']}>{problems}</span>
              )}
            </Tab>
          ))}
          {terminals.map(({ id, target }) => (
            <Tab
              key={id}
              id={`terminal:${id}`}
              className={cx(styles['tab'])}
              onPress={() => showDock(`terminal:${id}`)}
            >
              <SquareTerminal size={13} aria-hidden />
              {target}
            </Tab>
          ))}
        </TabList>
        {tab?.startsWith('terminal:') && (
          <IconButton
            small
            label="Close this terminal"
            icon={X}
            onPress={() => closeTerminal(tab.slice('terminal:'.length))}
          />
        )}
        <IconButton
          small
          label={isOpen ? 'Close the dock' : 'Open the dock'}
          icon={isOpen ? ChevronDown : ChevronUp}
          onPress={() => showDock(isOpen ? undefined : 'text')}
        />
      </div>
      {dockPanels.map((id) => {
        const Panel = panels[id].component;
        return (
          <TabPanel key={id} id={id} className={cx(styles['panel'])}>
            <Suspense fallback={<Message title="Loading …" />}>
              <Panel />
            </Suspense>
          </TabPanel>
        );
      })}
      {terminals.map(({ id, target, focus }) => (
        <TabPanel key={id} id={`terminal:${id}`} shouldForceMount className={cx(styles['panel'])}>
          <Suspense fallback={<Message title="Loading …" />}>
            <TerminalPanel target={target} focus={focus} isShown={tab === `terminal:${id}`} />
          </Suspense>
        </TabPanel>
      ))}
    </Tabs>
  );
}
