import type { Lab, LabHost, LabInterface } from '@cnilab/shared/lab/schema';
import { CheckField, SelectField, TextField } from '../design/Fields.tsx';
import { hostNetworks } from '../store/networks.ts';
import { bridgeName } from '../lab/buildItem.ts';
import { interfaceKind } from '../tree/treeItems.ts';
import styles from './Inspector.module.css';
import type { ElementEdit } from './useDesign.ts';
import {
  addressError,
  cidrsError,
  interfaceError,
  listItems,
  macError,
  numberError,
  optional,
} from './validate.ts';

export function InterfaceForm(props: {
  item: LabInterface;
  host: LabHost;
  lab: Lab;
  edit: ElementEdit;
}) {
  const { item, host, lab, edit } = props;
  const names = (host.interfaces ?? []).map(({ name }) => name);
  const others = names.filter((name) => name !== item.name);
  return (
    <>
      <p className={styles['quiet']}>{interfaceKind(item)}</p>
      <TextField
        label="Name"
        mono
        value={item.name}
        validate={interfaceError(others)}
        onCommit={edit.rename}
      />
      <TextField
        label="Addresses"
        mono
        value={(item.addresses ?? []).join(', ')}
        placeholder="192.0.2.1/24, 2001:db8::1/64"
        validate={cidrsError}
        onCommit={(text) => {
          const items = listItems(text);
          edit.set(['addresses'], items.length > 0 ? items : undefined);
        }}
      />
      <KindFields item={item} lab={lab} edit={edit} others={others} />
      <SelectField
        label="Port of bridge"
        value={item.master ?? ''}
        options={[{ value: '', label: 'none' }, ...bridges(lab, host, item.name)]}
        onChange={(master) => edit.set(['master'], master || undefined)}
      />
      <TextField
        label="MTU"
        mono
        value={item.mtu === undefined ? '' : String(item.mtu)}
        placeholder="1500"
        validate={optional(numberError(68, 65535))}
        onCommit={(text) => edit.set(['mtu'], text === '' ? undefined : Number(text))}
      />
      <TextField
        label="MAC address"
        mono
        value={item.mac ?? ''}
        placeholder="chosen by the kernel"
        validate={optional(macError)}
        onCommit={(text) => edit.set(['mac'], text || undefined)}
      />
    </>
  );
}

/** What only this kind of interface has. */
function KindFields(props: {
  item: LabInterface;
  lab: Lab;
  edit: ElementEdit;
  others: readonly string[];
}) {
  const { item, lab, edit, others } = props;
  if ('segment' in item) {
    return (
      <SelectField
        label="Segment"
        value={item.segment}
        options={(lab.segments ?? []).map(({ name }) => name)}
        onChange={(segment) => edit.set(['segment'], segment)}
      />
    );
  }
  if (!('type' in item)) return null;
  if (item.type === 'bridge') {
    return (
      <CheckField
        label="Filters VLANs"
        isOn={item.vlanFiltering === true}
        onChange={(on) => edit.set(['vlanFiltering'], on ? true : undefined)}
      />
    );
  }
  if (item.type === 'veth') {
    const peer = typeof item.peer === 'string' ? item.peer : `${item.peer.host}/${item.peer.name}`;
    return <p className={styles['quiet']}>Other end: {peer}</p>;
  }
  const parent = 'parent' in item && (
    <SelectField
      label="On top of"
      value={item.parent ?? ''}
      options={others}
      onChange={(value) => edit.set(['parent'], value)}
    />
  );
  if (item.type === 'vlan' || item.type === 'vxlan') {
    const [label, min, max] =
      item.type === 'vlan' ? (['VLAN', 1, 4094] as const) : (['VXLAN', 0, 16777215] as const);
    return (
      <>
        {parent}
        <TextField
          label={`${label} number`}
          mono
          value={String(item.id)}
          validate={numberError(min, max)}
          onCommit={(text) => edit.set(['id'], Number(text))}
        />
        {item.type === 'vxlan' && (
          <TextField
            label="Other end"
            mono
            value={item.remote ?? ''}
            validate={optional(addressError)}
            onCommit={(text) => edit.set(['remote'], text || undefined)}
          />
        )}
      </>
    );
  }
  return parent || null;
}

function bridges(lab: Lab, host: LabHost, self: string): string[] {
  const ids = [
    ...(host.interfaces ?? []).map(({ name }) => `interface:${host.name}/${name}`),
    ...hostNetworks(host).map(({ name }) => `network:${host.name}/${name}`),
  ];
  const found = ids.flatMap((id) => bridgeName(lab, id) ?? []).filter((name) => name !== self);
  return [...new Set(found)];
}
