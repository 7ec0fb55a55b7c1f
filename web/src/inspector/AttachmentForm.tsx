import { isJsonObject, JsonNumber, stringifyJson, type Json } from '@cnilab/shared/cni/json';
import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import type { LabHost, LabPod } from '@cnilab/shared/lab/schema';
import { Plus, X } from 'lucide-react';
import { Button, IconButton } from '../design/Button.tsx';
import { SelectField, TextField } from '../design/Fields.tsx';
import { addItem } from '../lab/actions.ts';
import { hostNetworks } from '../store/networks.ts';
import { useLabStore } from '../store/labContext.tsx';
import styles from './Inspector.module.css';
import type { ElementEdit } from './useDesign.ts';
import { addressError, interfaceError, optional, portError } from './validate.ts';

export function AttachmentForm(props: {
  id: string;
  host: LabHost;
  pod: LabPod;
  name: string;
  edit: ElementEdit;
}) {
  const { id, host, pod, name, edit } = props;
  const names = attachmentInterfaces(pod.attachments ?? []);
  const attachment = pod.attachments?.[names.indexOf(name)];
  if (!attachment) return null;
  const { portMappings, ...others } = attachment.capabilities ?? {};
  return (
    <>
      <SelectField
        label="Network"
        value={attachment.network}
        options={hostNetworks(host).map((network) => network.name)}
        onChange={(network) => edit.set(['network'], network)}
      />
      <TextField
        label="Interface in the pod"
        mono
        value={name}
        validate={interfaceError(names.filter((other) => other !== name))}
        onCommit={edit.rename}
      />
      <PortMappings id={id} mappings={portMappings} edit={edit} />
      {Object.keys(others).length > 0 && (
        <section>
          <h3 className={styles['group']}>Other capabilities</h3>
          <ul className={styles['others']}>
            {Object.entries(others).map(([key, value]) => (
              <li key={key}>
                <code>
                  {key}: {stringifyJson(value)}
                </code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {attachment.args && (
        <section>
          <h3 className={styles['group']}>CNI_ARGS</h3>
          <ul className={styles['others']}>
            {Object.entries(attachment.args).map(([key, value]) => (
              <li key={key}>
                <code>
                  {key}={value}
                </code>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function PortMappings(props: { id: string; mappings: Json | undefined; edit: ElementEdit }) {
  const { id, mappings, edit } = props;
  const store = useLabStore();
  const listed = Array.isArray(mappings) ? mappings : [];
  return (
    <section>
      <h3 className={styles['group']}>Port maps</h3>
      {listed.map((mapping, i) => {
        const path = ['capabilities', 'portMappings', i];
        const set = (key: string) => (text: string) =>
          edit.set([...path, key], key.endsWith('Port') ? Number(text) : text || undefined);
        return (
          <div key={i} className={styles['entry']}>
            <TextField
              label="Host port"
              mono
              value={fieldText(mapping, 'hostPort')}
              validate={portError}
              onCommit={set('hostPort')}
            />
            <TextField
              label="Pod port"
              mono
              value={fieldText(mapping, 'containerPort')}
              validate={portError}
              onCommit={set('containerPort')}
            />
            <SelectField
              label="Protocol"
              value={fieldText(mapping, 'protocol') || 'tcp'}
              options={['tcp', 'udp', 'sctp']}
              onChange={set('protocol')}
            />
            <IconButton
              small
              label={`Delete port map ${i + 1}`}
              icon={X}
              onPress={() => edit.remove(path)}
            />
            <div className={styles['wide']}>
              <TextField
                label="Only for this address of the host"
                mono
                value={fieldText(mapping, 'hostIP')}
                placeholder="every address"
                validate={optional(addressError)}
                onCommit={set('hostIP')}
              />
            </div>
          </div>
        );
      })}
      <Button
        small
        icon={Plus}
        onPress={() => addItem(store.getState(), 'portMap', { onto: [id] })}
      >
        Port map
      </Button>
    </section>
  );
}

function fieldText(mapping: Json, key: string): string {
  if (!isJsonObject(mapping)) return '';
  const value = mapping.get(key);
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' ? value : '';
}
