import type { Lab } from '@cnilab/shared/lab/schema';
import { TextField } from '../design/Fields.tsx';
import { ElementLinks } from './ElementLinks.tsx';
import type { ElementEdit } from './useDesign.ts';
import { nameError } from './validate.ts';

export function SegmentForm({ name, lab, edit }: { name: string; lab: Lab; edit: ElementEdit }) {
  const others = (lab.segments ?? []).map((segment) => segment.name).filter((n) => n !== name);
  const plugged = (lab.hosts ?? []).flatMap((host) =>
    (host.interfaces ?? [])
      .filter((item) => 'segment' in item && item.segment === name)
      .map((item) => ({
        id: `interface:${host.name}/${item.name}`,
        label: `${host.name}/${item.name}`,
        detail: (item.addresses ?? []).join(' '),
      })),
  );
  return (
    <>
      <TextField label="Name" value={name} validate={nameError(others)} onCommit={edit.rename} />
      <ElementLinks
        title="Plugged in"
        items={plugged}
        none="No host yet: select a host and this segment, then press L."
      />
    </>
  );
}
