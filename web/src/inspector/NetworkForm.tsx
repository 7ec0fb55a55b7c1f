import { isJsonObject, JsonNumber, stringifyJson, type JsonObject } from '@cnilab/shared/cni/json';
import {
  isGateway,
  objectOf,
  pluginPath,
  textOf,
  type LabNetwork,
} from '@cnilab/shared/lab/networks';
import type { LabHost } from '@cnilab/shared/lab/schema';
import { CheckField, TextField } from '../design/Fields.tsx';
import { hostNetworks } from '../store/networks.ts';
import { ElementLinks } from './ElementLinks.tsx';
import styles from './Inspector.module.css';
import { attachedTo } from './attached.ts';
import type { ElementEdit } from './useDesign.ts';
import { interfaceError, numberError, optional, subnetError, type Validate } from './validate.ts';

export function NetworkForm(props: { name: string; host: LabHost; edit: ElementEdit }) {
  const { name, host, edit } = props;
  const network = hostNetworks(host).find((item) => item.name === name);
  if (!network) return null;
  return (
    <>
      <TextField label="Name" value={name} validate={networkNameError} onCommit={edit.rename} />
      <p className={styles['quiet']}>
        CNI version {textOf(network.config, 'cniVersion') ?? 'not given'},{' '}
        {network.single ? 'one plugin' : `a list of ${network.plugins.length}`}
      </p>
      {network.plugins.map((plugin, i) => (
        <PluginFields key={i} network={network} plugin={plugin} index={i} edit={edit} />
      ))}
      <ElementLinks
        title="Attached pods"
        items={attachedTo(host, name).map((id) => ({ id, label: id.slice(id.indexOf(':') + 1) }))}
        none="None: select a pod and this network, then press L."
      />
    </>
  );
}

const networkNameError: Validate = (text) =>
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text)
    ? undefined
    : 'Letters, digits, _, . and -, starting with a letter or digit.';

/** Switches of the bridge plugin, with what they do. */
const bridgeSwitches = [
  ['isGateway', 'Gateway', 'Gives the bridge an address, so that the host reaches the pods.'],
  ['isDefaultGateway', 'Default gateway', 'Also the way out for the pods.'],
  ['ipMasq', 'Masquerade', 'What leaves for elsewhere gets the host’s address.'],
  ['hairpinMode', 'Hairpin', 'A pod may reach itself through its service port.'],
] as const;

function PluginFields(props: {
  network: LabNetwork;
  plugin: JsonObject;
  index: number;
  edit: ElementEdit;
}) {
  const { network, plugin, index, edit } = props;
  const base = pluginPath(network, index);
  const type = textOf(plugin, 'type') ?? '?';
  const ipam = objectOf(plugin, 'ipam');
  const isInFile = network.fileText !== undefined;
  const number = (key: string) => {
    const value = plugin.get(key);
    return value instanceof JsonNumber ? value.text : '';
  };
  return (
    <fieldset className={styles['plugin']} disabled={isInFile}>
      <legend>
        {index + 1}. {type}
      </legend>
      {type === 'bridge' && (
        <>
          <TextField
            label="Bridge"
            mono
            value={textOf(plugin, 'bridge') ?? ''}
            placeholder="cni0"
            validate={optional(interfaceError([]))}
            onCommit={(text) => edit.set([...base, 'bridge'], text || undefined)}
          />
          {bridgeSwitches.map(([key, label, description]) => (
            <CheckField
              key={key}
              label={label}
              description={description}
              // The plugin takes a default gateway for a gateway.
              isOn={plugin.get(key) === true || (key === 'isGateway' && isGateway(plugin))}
              isDisabled={key === 'isGateway' && plugin.get('isDefaultGateway') === true}
              onChange={(on) => edit.set([...base, key], on ? true : undefined)}
            />
          ))}
          <TextField
            label="VLAN"
            mono
            value={number('vlan')}
            validate={optional(numberError(1, 4094))}
            onCommit={(text) => edit.set([...base, 'vlan'], text === '' ? undefined : Number(text))}
          />
        </>
      )}
      {(type === 'macvlan' || type === 'ipvlan' || type === 'vlan') && (
        <TextField
          label="On top of"
          mono
          value={textOf(plugin, 'master') ?? ''}
          onCommit={(text) => edit.set([...base, 'master'], text || undefined)}
        />
      )}
      {type === 'ptp' && (
        <CheckField
          label="Masquerade"
          isOn={plugin.get('ipMasq') === true}
          onChange={(on) => edit.set([...base, 'ipMasq'], on ? true : undefined)}
        />
      )}
      {ipam && textOf(ipam, 'subnet') !== undefined && (
        <TextField
          label={`Subnet (${textOf(ipam, 'type') ?? 'ipam'})`}
          mono
          value={textOf(ipam, 'subnet') ?? ''}
          validate={subnetError}
          onCommit={(text) => edit.set([...base, 'ipam', 'subnet'], text)}
        />
      )}
      <Others plugin={plugin} type={type} />
    </fieldset>
  );
}

const shown: Record<string, readonly string[]> = {
  bridge: ['bridge', 'vlan', ...bridgeSwitches.map(([key]) => key)],
  macvlan: ['master'],
  ipvlan: ['master'],
  vlan: ['master'],
  ptp: ['ipMasq'],
};

/** Keys without a field: to be seen, and changed in the text. */
function Others({ plugin, type }: { plugin: JsonObject; type: string }) {
  const rest = [...plugin].filter(
    ([key, value]) =>
      key !== 'type' &&
      !shown[type]?.includes(key) &&
      !(key === 'ipam' && isJsonObject(value) && value.size === 2 && value.has('subnet')),
  );
  if (rest.length === 0) return null;
  return (
    <ul className={styles['others']}>
      {rest.map(([key, value]) => (
        <li key={key}>
          <code>
            {key}: {stringifyJson(value)}
          </code>
        </li>
      ))}
    </ul>
  );
}
