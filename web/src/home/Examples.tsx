import { Play } from 'lucide-react';
import { Button } from '../design/Button.tsx';
import styles from './Home.module.css';
import type { Example } from './useHome.ts';

/** Labs that come with cnilab; opening one makes a copy. */
export function Examples(props: {
  examples: Example[] | undefined;
  canRun: boolean;
  onOpen: (text: string, deploy: boolean) => void;
}) {
  return (
    <ul className={styles['cards']}>
      {props.examples?.map((example) => (
        <li key={example.id} className={styles['card']}>
          <h3>{example.name}</h3>
          <p>{example.description}</p>
          <div className={styles['cardActions']}>
            <Button small onPress={() => props.onOpen(example.text, false)}>
              Open
            </Button>
            <Button
              small
              look="quiet"
              icon={Play}
              isDisabled={!props.canRun}
              onPress={() => props.onOpen(example.text, true)}
            >
              Open and deploy
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
