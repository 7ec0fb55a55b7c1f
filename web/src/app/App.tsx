import { lazy, Suspense } from 'react';
import { Message } from '../design/Message.tsx';
import { Home } from '../home/Home.tsx';
import { usePlace } from './router.ts';

// The first screen needs neither canvas nor panels.
const loadLab = () => import('../lab/LabPage.tsx');
const preload = () => void loadLab();
const LabPage = lazy(async () => ({ default: (await loadLab()).LabPage }));

/** The page: the first screen, or one lab. */
export function App() {
  const place = usePlace();
  if (place.screen === 'home') return <Home onIdle={preload} />;
  return (
    <Suspense fallback={<Message title={`Opening ${place.name} …`} />}>
      <LabPage name={place.name} />
    </Suspense>
  );
}
