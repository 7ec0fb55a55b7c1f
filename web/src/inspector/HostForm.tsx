import type { Lab, LabHost } from '@cnilab/shared/lab/schema';
import { Plus, X } from 'lucide-react';
import { Button, IconButton } from '../design/Button.tsx';
import { CheckField, TextField } from '../design/Fields.tsx';
import { addItem } from '../lab/actions.ts';
import { chainText, hostNetworks } from '../store/networks.ts';
import { useLabStore } from '../store/labContext.tsx';
import { interfaceKind } from '../tree/treeItems.ts';
import { ElementLinks } from './ElementLinks.tsx';
import styles from './Inspector.module.css';
import type { ElementEdit } from './useDesign.ts';
import { addressError, destinationError, nameError, optional } from './validate.ts';

const forwarding = 'net.ipv4.ip_forward';

export function HostForm({ host, lab, edit }: { host: LabHost; lab: Lab; edit: ElementEdit }) {
  const store = useLabStore();
  const others = (lab.hosts ?? []).map(({ name }) => name).filter((name) => name !== host.name);
  const add = (item: 'pod' | 'bridgeNetwork') =>
    addItem(store.getState(), item, { onto: [`host:${host.name}`] });
  return (
    <>
      <TextField
        label="Name"
        value={host.name}
        validate={nameError(others)}
        onCommit={edit.rename}
      />
      <CheckField
        label="Forwards packets (net.ipv4.ip_forward)"
        description="The bridge plugin turns this on by itself when it makes a gateway."
        isOn={String(host.sysctls?.[forwarding] ?? 0) === '1'}
        onChange={(on) => edit.set(['sysctls', forwarding], on ? 1 : undefined)}
      />
      <ElementLinks
        title="Interfaces"
        items={(host.interfaces ?? []).map((item) => ({
          id: `interface:${host.name}/${item.name}`,
          label: item.name,
          detail: [interfaceKind(item), ...(item.addresses ?? [])].join(' '),
        }))}
        none="None: select this host and a segment, then press L."
      />
      <ElementLinks
        title="Networks"
        items={hostNetworks(host).map((network) => ({
          id: `network:${host.name}/${network.name}`,
          label: network.name,
          detail: chainText(network),
        }))}
        none="None yet."
      />
      <ElementLinks
        title="Pods"
        items={(host.pods ?? []).map(({ name }) => ({
          id: `pod:${host.name}/${name}`,
          label: name,
        }))}
        none="None yet."
      />
      <div className={styles['actions']}>
        <Button small icon={Plus} onPress={() => add('pod')}>
          Pod
        </Button>
        <Button small icon={Plus} onPress={() => add('bridgeNetwork')}>
          Bridge network
        </Button>
      </div>
      <Routes host={host} edit={edit} />
    </>
  );
}

function Routes({ host, edit }: { host: LabHost; edit: ElementEdit }) {
  const routes = host.routes ?? [];
  return (
    <section>
      <h3 className={styles['group']}>Routes</h3>
      {routes.map((route, i) => (
        <div key={i} className={styles['entry']}>
          <TextField
            label="To"
            mono
            value={route.to}
            validate={destinationError}
            onCommit={(to) => edit.set(['routes', i, 'to'], to)}
          />
          <TextField
            label="Via"
            mono
            value={route.via ?? ''}
            validate={optional(addressError)}
            onCommit={(via) => edit.set(['routes', i, 'via'], via || undefined)}
          />
          <TextField
            label="Interface"
            mono
            value={route.dev ?? ''}
            onCommit={(dev) => edit.set(['routes', i, 'dev'], dev || undefined)}
          />
          <IconButton
            small
            label={`Delete the route to ${route.to}`}
            icon={X}
            onPress={() => edit.remove(['routes', i])}
          />
        </div>
      ))}
      <Button
        small
        icon={Plus}
        onPress={() =>
          edit.append(['routes'], { to: 'default', via: firstGateway(host) ?? '192.0.2.1' })
        }
      >
        Route
      </Button>
    </section>
  );
}

/** A first guess: the first address of the first interface's subnet. */
function firstGateway(host: LabHost): string | undefined {
  const [address] = (host.interfaces ?? []).flatMap((item) => item.addresses ?? []);
  return address?.replace(/[0-9]+\/[0-9]+$/, '1');
}
