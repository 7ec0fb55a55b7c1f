import { useMemo, useState } from 'react';
import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  SearchField,
} from 'react-aria-components';
import { cx } from '../design/cx.ts';
import { Scroll } from '../design/Scroll.tsx';
import { useLabStore } from '../store/labContext.tsx';
import styles from './CommandPalette.module.css';
import { keysText } from './keys.ts';
import { paletteEntries, matchEntries, type Entry } from './paletteEntries.ts';
import type { Overlay } from './shortcuts.ts';

const mostShown = 60;

/** Every command and every element, found by typing. */
export function CommandPalette(props: {
  onClose: () => void;
  showOverlay: (overlay: Overlay | undefined) => void;
}) {
  const { onClose, showOverlay } = props;
  const store = useLabStore();
  const [text, setText] = useState('');
  // Made once: what opens the palette is what it is about.
  const entries = useMemo(() => paletteEntries(store.getState()), [store]);
  const shown = useMemo(() => matchEntries(entries, text).slice(0, mostShown), [entries, text]);

  const run = (entry: Entry) => {
    onClose();
    entry.run({ lab: store.getState(), showOverlay });
  };

  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      className={cx(styles['overlay'])}
    >
      <Modal className={cx(styles['modal'])}>
        <Dialog aria-label="Commands and search" className={cx(styles['dialog'])}>
          <Autocomplete inputValue={text} onInputChange={setText}>
            {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- a palette is opened to type in it */}
            <SearchField aria-label="Command, element or address" autoFocus>
              <Input
                className={cx(styles['input'])}
                placeholder="Command, element or address"
                onKeyDown={(event) => {
                  if (event.key === 'Escape') onClose();
                }}
              />
            </SearchField>
            <Scroll className={styles['list']} label="Found">
              <Menu
                aria-label="Found"
                className={cx(styles['menu'])}
                items={shown}
                onAction={(key) => {
                  const entry = shown.find(({ id }) => id === key);
                  if (entry) run(entry);
                }}
                renderEmptyState={() => <p className={styles['empty']}>Nothing matches.</p>}
              >
                {(entry) => (
                  <MenuItem id={entry.id} textValue={entry.label} className={cx(styles['item'])}>
                    <span className={styles['group']}>{entry.group}</span>
                    <span className={styles['label']}>{entry.label}</span>
                    {entry.detail && <span className={styles['detail']}>{entry.detail}</span>}
                    {entry.keys && <kbd>{keysText(entry.keys)}</kbd>}
                  </MenuItem>
                )}
              </Menu>
            </Scroll>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
