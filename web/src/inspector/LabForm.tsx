import { SelectField, TextField } from '../design/Fields.tsx';
import { allElements } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import styles from './Inspector.module.css';
import { labNameError } from './validate.ts';

/** The lab as a whole: shown when nothing is selected. */
export function LabForm() {
  const lab = useLab((s) => s.lab);
  const edit = useLab((s) => s.edit);
  if (!lab) return null;
  const count = allElements(lab).length;
  return (
    <div className={styles['inspector']}>
      <header className={styles['header']}>
        <div className={styles['heading']}>
          <h2>{lab.name}</h2>
          <p>Lab, {count} elements</p>
        </div>
      </header>
      <div className={styles['form']}>
        <TextField
          label="Name"
          value={lab.name}
          validate={labNameError}
          onCommit={(value) => edit([{ edit: 'set', path: ['name'], value }], 'Rename the lab')}
        />
        <TextField
          label="Description"
          value={lab.description ?? ''}
          onCommit={(value) =>
            edit([{ edit: 'set', path: ['description'], value }], 'Describe the lab')
          }
        />
        <SelectField
          label="Box"
          value={lab.box ?? ''}
          options={[
            { value: '', label: 'whichever can serve it' },
            { value: 'sandbox', label: 'sandbox: namespaces of this kernel' },
            { value: 'vm', label: 'vm: a kernel of its own' },
          ]}
          onChange={(value) =>
            edit(
              [
                value === ''
                  ? { edit: 'delete', path: ['box'] }
                  : { edit: 'set', path: ['box'], value },
              ],
              'Choose the box',
            )
          }
        />
        <p className={styles['quiet']}>
          Choose an element on the canvas or in the list to see and change it here.
        </p>
      </div>
    </div>
  );
}
