import { Trash2 } from 'lucide-react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { IconButton } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import { StateMark } from '../design/StateMark.tsx';
import { removeSelection } from '../lab/actions.ts';
import { elementLabel, kindWords, parseElement, type ElementRef } from '../store/elements.ts';
import { useLab, useLabStore } from '../store/labContext.tsx';
import { standingOf } from '../store/stateWords.ts';
import type { InspectorTab } from '../store/view.ts';
import { CniTab } from './CniTab.tsx';
import { DesignTab } from './DesignTab.tsx';
import { ElementProblems } from './ElementProblems.tsx';
import styles from './Inspector.module.css';
import { KernelTab } from './KernelTab.tsx';
import { LabForm } from './LabForm.tsx';

const tabs: { id: InspectorTab; title: string }[] = [
  { id: 'design', title: 'Design' },
  { id: 'kernel', title: 'Kernel' },
  { id: 'cni', title: 'CNI' },
];

/** What is selected: its design, what the kernel has of it, and what CNI did for it. */
export function Inspector() {
  const selection = useLab((s) => s.selection);
  const [id] = selection;
  if (id === undefined) return <LabForm />;
  if (selection.length > 1) return <Several ids={selection} />;
  const ref = parseElement(id);
  return ref ? <Element key={id} id={id} element={ref} /> : <LabForm />;
}

function Element({ id, element }: { id: string; element: ElementRef }) {
  const store = useLabStore();
  const tab = useLab((s) => s.inspectorTab);
  const setTab = useLab((s) => s.setInspectorTab);
  const live = useLab((s) => s.live);
  const name = id.slice(id.indexOf(':') + 1);
  const standing = element.kind === 'link' ? 'kernel' : standingOf(live, id);
  return (
    <div className={styles['inspector']}>
      <header className={styles['header']}>
        <div className={styles['heading']}>
          <h2 title={name}>{name}</h2>
          <p>
            {kindWords[element.kind]} <StateMark standing={standing} />
          </p>
        </div>
        {element.kind !== 'link' && (
          <IconButton
            label={`Delete ${elementLabel(id)}`}
            icon={Trash2}
            onPress={() => removeSelection(store.getState())}
          />
        )}
      </header>
      <ElementProblems id={id} />
      <Tabs
        className={cx(styles['tabs'])}
        selectedKey={shownTab(element, tab)}
        onSelectionChange={(key) => {
          const chosen = tabs.find((item) => item.id === key);
          if (chosen) setTab(chosen.id);
        }}
      >
        <TabList aria-label="Views of the element" className={cx(styles['tabList'])}>
          {tabs.map(({ id: tabId, title }) => (
            <Tab
              key={tabId}
              id={tabId}
              className={cx(styles['tab'])}
              isDisabled={shownTab(element, tabId) !== tabId}
            >
              {title}
            </Tab>
          ))}
        </TabList>
        <TabPanel id="design" className={cx(styles['panel'])}>
          <DesignTab id={id} element={element} />
        </TabPanel>
        <TabPanel id="kernel" className={cx(styles['panel'])}>
          <KernelTab element={element} />
        </TabPanel>
        <TabPanel id="cni" className={cx(styles['panel'])}>
          <CniTab element={element} />
        </TabPanel>
      </Tabs>
    </div>
  );
}

/** The tab that an element has, for one that was chosen at another element. */
function shownTab({ kind }: ElementRef, tab: InspectorTab): InspectorTab {
  if (kind === 'link') return 'kernel';
  const hasCni = kind !== 'segment' && kind !== 'interface' && kind !== 'route';
  return tab === 'cni' && !hasCni ? 'design' : tab;
}

function Several({ ids }: { ids: string[] }) {
  const store = useLabStore();
  const select = useLab((s) => s.select);
  return (
    <div className={styles['inspector']}>
      <header className={styles['header']}>
        <h2 className={styles['heading']}>{ids.length} elements</h2>
        <IconButton
          label="Delete these"
          icon={Trash2}
          onPress={() => removeSelection(store.getState())}
        />
      </header>
      <ul className={styles['links']}>
        {ids.map((id) => (
          <li key={id}>
            <button onClick={() => select([id])}>{elementLabel(id)}</button>
          </li>
        ))}
      </ul>
    </div>
  );
}
