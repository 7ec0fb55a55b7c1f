import {
  Cable,
  ChevronRight,
  Container,
  Cpu,
  EthernetPort,
  Network,
  Plug,
  Radio,
  Server,
  type LucideIcon,
} from 'lucide-react';
import { useMemo, useState } from 'react';
import {
  Button,
  Collection,
  ListLayout,
  Tree,
  TreeItem,
  TreeItemContent,
  Virtualizer,
} from 'react-aria-components';
import { cx } from '../design/cx.ts';
import { Message } from '../design/Message.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { kindWords } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { standingWords } from '../store/stateWords.ts';
import styles from './ObjectTree.module.css';
import { branchIds, countEntries, treeItems, type TreeEntry } from './treeItems.ts';

const icons: Record<TreeEntry['kind'], LucideIcon> = {
  segment: Cable,
  host: Server,
  interface: EthernetPort,
  network: Network,
  pod: Container,
  attachment: Plug,
  listen: Radio,
  link: Cpu,
};

const rowHeight = 26;
/** Longer trees draw only what is on the screen. */
const virtualFrom = 300;

/** The canvas as a list: the same elements, selection, states and keys. */
export function ObjectTree() {
  const lab = useLab((s) => s.lab);
  const live = useLab((s) => s.live);
  const selection = useLab((s) => s.selection);
  const select = useLab((s) => s.select);
  const command = useLab((s) => s.command);
  const openTerminal = useLab((s) => s.openTerminal);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  // Drawn again only when elements, links or addresses change, not with every counter.
  const items = useMemo(() => treeItems(lab, live), [lab, live]);
  const expanded = useMemo(() => branchIds(items).filter((id) => !closed.has(id)), [items, closed]);

  const tree = (
    <Tree
      aria-label="Elements of the lab"
      className={cx(styles['tree'])}
      items={items}
      selectionMode="multiple"
      selectionBehavior="replace"
      selectedKeys={selection}
      onSelectionChange={(keys) => {
        if (keys !== 'all') select([...keys].map(String));
      }}
      onAction={(key) => {
        const id = String(key);
        const [kind, target] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)];
        if ((kind === 'host' || kind === 'pod') && live?.namespaces[target]) openTerminal(target);
        else command({ command: 'reveal', element: id });
      }}
      expandedKeys={expanded}
      onExpandedChange={(keys) =>
        setClosed(new Set(branchIds(items).filter((id) => !keys.has(id))))
      }
      renderEmptyState={() => (
        <Message title="Nothing here yet." text="Add a host with the palette above." />
      )}
    >
      {renderItem}
    </Tree>
  );
  return (
    <>
      <h2 className={styles['title']}>Elements</h2>
      {countEntries(items) > virtualFrom ? (
        <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: rowHeight }}>
          {tree}
        </Virtualizer>
      ) : (
        tree
      )}
    </>
  );
}

function renderItem(entry: TreeEntry) {
  const Icon = icons[entry.kind];
  return (
    <TreeItem
      id={entry.id}
      textValue={`${kindWords[entry.kind]} ${entry.label}, ${standingWords[entry.standing]}`}
      className={cx(styles['item'])}
    >
      <TreeItemContent>
        {({ hasChildItems, level }) => (
          <div className={styles['row']} style={{ paddingLeft: 4 + (level - 1) * 14 }}>
            {hasChildItems ? (
              <Button slot="chevron" className={cx(styles['chevron'])}>
                <ChevronRight size={14} aria-hidden />
              </Button>
            ) : (
              <span className={styles['chevron']} />
            )}
            <Icon size={14} aria-hidden className={styles['icon']} />
            <span className={styles['label']}>{entry.label}</span>
            <span className={styles['detail']} title={entry.error ?? entry.detail}>
              {entry.error ?? entry.detail}
            </span>
            {entry.standing !== 'design' && entry.standing !== 'kernel' && (
              <StateMark standing={entry.standing} wordless={entry.standing === 'up'} />
            )}
          </div>
        )}
      </TreeItemContent>
      <Collection items={entry.children}>{renderItem}</Collection>
    </TreeItem>
  );
}
