import { FileUp, Moon, Plus, Sun } from 'lucide-react';
import { useEffect, useState, type DragEvent } from 'react';
import { FileTrigger } from 'react-aria-components';
import { Button, IconButton } from '../design/Button.tsx';
import { cx } from '../design/cx.ts';
import { Logo } from '../design/Logo.tsx';
import { Notice } from '../design/Notice.tsx';
import { toggleTheme, useTheme } from '../design/theme.ts';
import { Examples } from './Examples.tsx';
import { Health } from './Health.tsx';
import styles from './Home.module.css';
import { LabList } from './LabList.tsx';
import { useHome } from './useHome.ts';

const emptyLab = `cnilab: 1
name: lab
description: ""
hosts: []
`;

/**
 * The first screen: your labs, examples, and whether this machine can run them. `onIdle` is called
 * when it is there: time to load what comes next.
 */
export function Home({ onIdle }: { onIdle: () => void }) {
  const home = useHome();
  const [isOver, setOver] = useState(false);
  const theme = useTheme();

  const isLoaded = home.labs !== undefined;
  useEffect(() => {
    if (isLoaded) onIdle();
  }, [isLoaded, onIdle]);

  const importFile = async (file: File | undefined) => {
    if (file) await home.create(await file.text());
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void importFile(event.dataTransfer.files[0]);
  };

  return (
    <div
      className={cx(styles['screen'], isOver && styles['over'])}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <div className={styles['page']}>
        <header className={styles['header']}>
          <Logo size={34} />
          <div>
            <h1>cnilab</h1>
            <p>Draw a container network, run the real CNI plugins, watch the kernel.</p>
          </div>
          <div className={styles['headerTools']}>
            <IconButton
              label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
              icon={theme === 'dark' ? Sun : Moon}
              onPress={toggleTheme}
            />
          </div>
        </header>
        {home.isUnreachable ? (
          <Notice
            boxed
            look="bad"
            title="The server does not answer."
            text="Start it with “npm start”, or wait: this page tries again by itself."
          >
            <Button small onPress={home.retry}>
              Try now
            </Button>
          </Notice>
        ) : (
          <Health doctor={home.doctor} />
        )}
        {home.problem && (
          <Notice boxed look="bad" text={home.problem} onClose={home.dismissProblem} />
        )}
        {home.removed && (
          <Notice boxed look="info" text={`The lab “${home.removed.name}” was deleted.`}>
            <Button small onPress={() => void home.restore()}>
              Undo
            </Button>
          </Notice>
        )}
        <section aria-labelledby="labs">
          <div className={styles['sectionHead']}>
            <h2 id="labs">Your labs</h2>
            <FileTrigger
              acceptedFileTypes={['.yaml', '.yml', '.json']}
              onSelect={(files) => void importFile(files?.[0])}
            >
              <Button icon={FileUp} hint="A .lab.yaml file; or drop it anywhere on this page">
                Import …
              </Button>
            </FileTrigger>
            <Button icon={Plus} look="primary" onPress={() => void home.create(emptyLab)}>
              New lab
            </Button>
          </div>
          <LabList labs={home.labs} onRemove={(name) => void home.remove(name)} />
        </section>
        <section aria-labelledby="examples">
          <div className={styles['sectionHead']}>
            <h2 id="examples">Examples</h2>
          </div>
          <Examples
            examples={home.examples}
            canRun={home.doctor?.boxes.some(({ works }) => works) ?? true}
            onOpen={(text, deploy) => void home.create(text, { deploy })}
          />
        </section>
      </div>
    </div>
  );
}
