import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { LabHost, LabPod } from '@cnilab/shared/lab/schema';
import { Plus, X } from 'lucide-react';
import { Button, IconButton } from '../design/Button.tsx';
import { SelectField, TextField } from '../design/Fields.tsx';
import { addItem, connect } from '../lab/actions.ts';
import { hostNetworks } from '../store/networks.ts';
import { useLabStore } from '../store/labContext.tsx';
import { ElementLinks } from './ElementLinks.tsx';
import styles from './Inspector.module.css';
import { useElementEdit, type ElementEdit } from './useDesign.ts';
import { nameError, portError } from './validate.ts';

const protocols = ['http', 'tcp', 'udp'] as const;

export function PodForm({ id, host, pod }: { id: string; host: LabHost; pod: LabPod }) {
  const store = useLabStore();
  const edit = useElementEdit(id);
  if (!edit) return null;
  const others = (host.pods ?? []).map(({ name }) => name).filter((name) => name !== pod.name);
  const attachments = pod.attachments ?? [];
  const names = attachmentInterfaces(attachments);
  const networks = hostNetworks(host).map(({ name }) => name);
  return (
    <>
      <TextField
        label="Name"
        value={pod.name}
        validate={nameError(others)}
        onCommit={edit.rename}
      />
      <ElementLinks
        title="Attachments"
        items={attachments.map(({ network }, i) => ({
          id: `attachment:${host.name}/${pod.name}/${names[i]}`,
          label: names[i] ?? '',
          detail: `to ${network}`,
        }))}
        none="None: the pod is on no network."
      />
      <div className={styles['actions']}>
        {networks.map((network) => (
          <Button
            key={network}
            small
            icon={Plus}
            onPress={() => connect(store.getState(), id, `network:${host.name}/${network}`)}
          >
            Attach to {network}
          </Button>
        ))}
        {attachments.length > 0 && (
          <Button
            small
            icon={Plus}
            onPress={() => addItem(store.getState(), 'portMap', { onto: [id] })}
          >
            Port map
          </Button>
        )}
      </div>
      <Servers pod={pod} edit={edit} />
    </>
  );
}

/** Small built-in servers, so that there is something to talk to. */
function Servers({ pod, edit }: { pod: LabPod; edit: ElementEdit }) {
  const listen = pod.listen ?? [];
  return (
    <section>
      <h3 className={styles['group']}>Servers in the pod</h3>
      {listen.map(({ protocol, port }, i) => (
        <div key={i} className={styles['entry']}>
          <SelectField
            label="Protocol"
            value={protocol}
            options={protocols}
            onChange={(value) => edit.set(['listen', i, 'protocol'], value)}
          />
          <TextField
            label="Port"
            mono
            value={String(port)}
            validate={portError}
            onCommit={(text) => edit.set(['listen', i, 'port'], Number(text))}
          />
          <IconButton
            small
            label={`Delete the ${protocol} server on port ${port}`}
            icon={X}
            onPress={() => edit.remove(['listen', i])}
          />
        </div>
      ))}
      <Button
        small
        icon={Plus}
        onPress={() => edit.append(['listen'], { protocol: 'http', port: freePort(listen) })}
      >
        http server
      </Button>
    </section>
  );
}

function freePort(listen: readonly { port: number }[]): number {
  const taken = new Set(listen.map(({ port }) => port));
  let port = 80;
  while (taken.has(port)) port = port === 80 ? 8080 : port + 1;
  return port;
}
