import './design/theme.ts';
import './design/theme.css';
import './design/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { ServicesProvider } from './app/services.tsx';
import { createServices } from './services/createServices.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <ServicesProvider value={createServices()}>
      <App />
    </ServicesProvider>
  </StrictMode>,
);
