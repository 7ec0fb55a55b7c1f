import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import styles from './CommandPalette.module.css';
import { keysText } from './keys.ts';
import { commandGroups, commands } from './shortcuts.ts';

/** Every shortcut, from the table that the keyboard uses. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      className={cx(styles['overlay'])}
    >
      <Modal className={cx(styles['modal'], styles['wide'])}>
        <Dialog className={cx(styles['dialog'])}>
          <div className={styles['sheet']}>
            <Heading slot="title" level={2}>
              Keyboard shortcuts
            </Heading>
            <div className={styles['groups']}>
              {commandGroups.map((group) => {
                const shown = commands.filter((command) => command.group === group && command.keys);
                if (shown.length === 0) return null;
                return (
                  <section key={group}>
                    <h3>{group}</h3>
                    <ul>
                      {shown.map(({ id, label, keys }) => (
                        <li key={id} className={styles['shortcut']}>
                          <span>{label}</span>
                          <kbd>{keys?.map(keysText).join(' or ')}</kbd>
                        </li>
                      ))}
                    </ul>
                  </section>
                );
              })}
            </div>
            <Button onPress={onClose}>Close</Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
