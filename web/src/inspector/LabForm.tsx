import { compileToFiles } from '@cnilab/shared/lab/compileToFiles';
import type { CompiledLab } from '@cnilab/shared/lab/compiled';
import { Download } from 'lucide-react';
import { useMemo } from 'react';
import { useServices } from '../app/services.tsx';
import { Button } from '../design/Button.tsx';
import { download } from '../design/download.ts';
import { SelectField, TextField } from '../design/Fields.tsx';
import { allElements } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import styles from './Inspector.module.css';
import { filesScript } from './filesScript.ts';
import { labNameError } from './validate.ts';

/** The lab as a whole: shown when nothing is selected. */
export function LabForm() {
  const lab = useLab((s) => s.lab);
  const edit = useLab((s) => s.edit);
  const text = useLab((s) => s.text);
  const { parse } = useServices();
  const compiled = useMemo(() => parse(text).compiled, [parse, text]);
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
        <div className={styles['actions']}>
          <Button small icon={Download} onPress={() => download(`${lab.name}.lab.yaml`, text)}>
            Lab file
          </Button>
          <Button
            small
            icon={Download}
            isDisabled={compiled === undefined}
            onPress={() => compiled && downloadConfiguration(lab.name, compiled)}
            hint="The CNI configuration of every host, as one shell script that writes the files"
          >
            CNI configuration
          </Button>
        </div>
        <p className={styles['quiet']}>
          Choose an element on the canvas or in the list to see and change it here.
        </p>
      </div>
    </div>
  );
}

const downloadConfiguration = (name: string, compiled: CompiledLab) =>
  download(`${name}-cni.sh`, filesScript(compileToFiles(compiled)));
