import { createContext, useContext } from 'react';
import type { LabServices } from '../services/services.ts';

const ServicesContext = createContext<LabServices | undefined>(undefined);

export const ServicesProvider = ServicesContext.Provider;

/** The page's connections to the server. */
export function useServices(): LabServices {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('useServices is used outside of a ServicesProvider');
  return services;
}
