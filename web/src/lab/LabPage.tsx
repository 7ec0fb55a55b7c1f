import { useEffect, useState } from 'react';
import { labPath, navigate } from '../app/router.ts';
import { useServices } from '../app/services.tsx';
import { Button } from '../design/Button.tsx';
import { Message } from '../design/Message.tsx';
import { problemText } from '../services/problems.ts';
import { LabProvider } from '../store/labContext.tsx';
import { createLabStore } from '../store/labStore.ts';
import { LabScreen } from './LabScreen.tsx';

/** Opens the lab that the address names, and closes it when the page goes elsewhere. */
export function LabPage({ name }: { name: string }) {
  const services = useServices();
  const [store, setStore] = useState<ReturnType<typeof createLabStore>>();
  const [attempt, setAttempt] = useState(0);
  const [failure, setFailure] = useState<{ of: string; text: string }>();
  /** Names what is being opened: an old failure is none of this attempt. */
  const opening = `${name} ${attempt}`;
  const problem = failure?.of === opening ? failure.text : undefined;
  const isOpen = store?.getState().name === name;

  useEffect(() => {
    // A rename changes the address of the lab that is open already.
    if (isOpen) return;
    const fresh = createLabStore(name, services);
    let state: 'opening' | 'opened' | 'given up' = 'opening';
    fresh.open().then(
      () => {
        if (state !== 'opening') return;
        state = 'opened';
        setStore(fresh);
        if (takeDeployWish()) void fresh.getState().deploy();
      },
      (thrown: unknown) => {
        if (state === 'opening') setFailure({ of: opening, text: problemText(thrown) });
      },
    );
    return () => {
      if (state === 'opened') return;
      state = 'given up';
      void fresh.close();
    };
  }, [name, services, opening, isOpen]);

  useEffect(() => {
    if (!store) return;
    document.title = `${store.getState().name} – cnilab`;
    const unsubscribe = store.subscribe((now, before) => {
      if (now.name === before.name) return;
      document.title = `${now.name} – cnilab`;
      navigate(labPath(now.name), { replace: true });
    });
    const save = () => void store.flush();
    addEventListener('pagehide', save);
    return () => {
      removeEventListener('pagehide', save);
      unsubscribe();
      void store.close();
    };
  }, [store]);

  if (store && isOpen) {
    return (
      <LabProvider value={store}>
        <LabScreen />
      </LabProvider>
    );
  }
  if (problem === undefined) return <Message title={`Opening ${name} …`} />;
  return (
    <Message title={`The lab “${name}” cannot be opened.`} text={problem}>
      <Button look="primary" onPress={() => setAttempt(attempt + 1)}>
        Try again
      </Button>
      <Button onPress={() => navigate('/')}>All labs</Button>
    </Message>
  );
}

/** `#deploy` in the address: somebody chose “Open and deploy”. It counts once. */
function takeDeployWish(): boolean {
  if (location.hash !== '#deploy') return false;
  history.replaceState(null, '', location.pathname);
  return true;
}
