import { addItem } from '../lab/actions.ts';
import { useLabStore } from '../store/labContext.tsx';
import styles from './Palette.module.css';
import { paletteDragType, paletteItems } from './paletteItems.ts';

/** What can be added: drag it onto the canvas, or press it to add it to the selected host or pod. */
export function Palette() {
  const store = useLabStore();
  return (
    <>
      <h2 className={styles['title']}>Add</h2>
      <ul className={styles['items']}>
        {paletteItems.map(({ id, label, icon: Icon, hint }) => (
          <li key={id}>
            <button
              className={styles['item']}
              draggable
              title={hint}
              data-palette={id}
              onDragStart={(event) => {
                event.dataTransfer.setData(paletteDragType, id);
                event.dataTransfer.effectAllowed = 'copy';
              }}
              onClick={() => addItem(store.getState(), id)}
            >
              <Icon size={16} aria-hidden />
              {label}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
