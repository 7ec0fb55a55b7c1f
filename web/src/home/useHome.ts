import { parseLab } from '@cnilab/shared/lab/parse';
import type { Api, Doctor, LabEntry } from '@cnilab/shared/protocol/api';
import { useCallback, useEffect, useState } from 'react';
import { labPath, navigate } from '../app/router.ts';
import { useServices } from '../app/services.tsx';
import { problemText, ServerProblem, ServerUnreachable } from '../services/problems.ts';
import { freeName } from './labNames.ts';

export type Example = Api['listExamples']['output'][number];

export interface HomeState {
  labs: LabEntry[] | undefined;
  examples: Example[] | undefined;
  doctor: Doctor | undefined;
  isUnreachable: boolean;
  problem: string | undefined;
  dismissProblem: () => void;
  /** Saves the text under its own name, or the next free one, and opens it. */
  create: (text: string, options?: { deploy?: boolean }) => Promise<void>;
  remove: (name: string) => Promise<void>;
  /** The lab that was deleted last, for as long as that can be undone. */
  removed: { name: string; text: string } | undefined;
  restore: () => Promise<void>;
  retry: () => void;
}

/** What the first screen shows and does. */
export function useHome(): HomeState {
  const { api, socket, applyEdits } = useServices();
  const [labs, setLabs] = useState<LabEntry[]>();
  const [examples, setExamples] = useState<Example[]>();
  const [doctor, setDoctor] = useState<Doctor>();
  const [isUnreachable, setUnreachable] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [removed, setRemoved] = useState<{ name: string; text: string }>();

  const failed = useCallback((thrown: unknown) => {
    if (thrown instanceof ServerUnreachable) setUnreachable(true);
    else setProblem(problemText(thrown));
  }, []);

  const load = useCallback(() => {
    const list = api.call('listLabs', {}).then((found) => {
      setUnreachable(false);
      setLabs(found);
    });
    list.catch(failed);
    api.call('listExamples', {}).then(setExamples, failed);
    api.call('doctor', {}).then(setDoctor, failed);
  }, [api, failed]);

  useEffect(() => {
    document.title = 'cnilab';
    load();
    const undos = [
      socket.on('labs', setLabs),
      socket.onConnection((connected) => {
        if (connected) load();
        else setUnreachable(true);
      }),
    ];
    return () => undos.forEach((undo) => undo());
  }, [load, socket]);

  const save = async (text: string): Promise<string> => {
    const name = parseLab(text).lab?.name;
    const taken = (await api.call('listLabs', {})).map((lab) => lab.name);
    const free = name === undefined ? undefined : freeName(name, taken);
    const renamed =
      free === undefined || free === name
        ? text
        : applyEdits(text, [{ edit: 'set', path: ['name'], value: free }]);
    return (await api.call('createLab', { text: renamed })).name;
  };

  const attempt = async (action: () => Promise<void>) => {
    setProblem(undefined);
    try {
      await action();
    } catch (thrown) {
      failed(thrown);
    }
  };

  return {
    labs,
    examples,
    doctor,
    isUnreachable,
    problem,
    dismissProblem: () => setProblem(undefined),
    create: (text, { deploy = false } = {}) =>
      attempt(async () => navigate(labPath(await save(text)) + (deploy ? '#deploy' : ''))),
    remove: (name) =>
      attempt(async () => {
        const { text } = await api.call('getLab', { lab: name });
        await api.call('deleteLab', { lab: name }).catch((thrown: unknown) => {
          if (!(thrown instanceof ServerProblem && thrown.problem.code === 'not-found'))
            throw thrown;
        });
        setRemoved({ name, text });
        setLabs((before) => before?.filter((lab) => lab.name !== name));
      }),
    removed,
    restore: () =>
      attempt(async () => {
        if (!removed) return;
        await api.call('createLab', { text: removed.text });
        setRemoved(undefined);
        load();
      }),
    retry: load,
  };
}
