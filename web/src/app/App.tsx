import { Home } from '../home/Home.tsx';
import { LabPage } from '../lab/LabPage.tsx';
import { usePlace } from './router.ts';

/** The page: the first screen, or one lab. */
export function App() {
  const place = usePlace();
  return place.screen === 'home' ? <Home /> : <LabPage name={place.name} />;
}
