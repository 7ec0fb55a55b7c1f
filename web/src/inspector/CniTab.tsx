import type { Snapshot } from '@cnilab/shared/live/events';
import type { Operation } from '@cnilab/shared/live/operation';
import { compileNetwork } from '@cnilab/shared/lab/compile';
import { networkFileName } from '@cnilab/shared/lab/networks';
import { CheckSection } from '../cni/CheckSection.tsx';
import { NetworkSection } from '../cni/NetworkSection.tsx';
import { Code } from '../design/Code.tsx';
import { Message } from '../design/Message.tsx';
import { OperationView, prettyJson } from '../dock/OperationView.tsx';
import { findHost, findPod, type ElementRef } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { hostNetworks } from '../store/networks.ts';
import { lastAnswer, lastCheck } from '../store/outcomes.ts';
import styles from './Inspector.module.css';
import { attachmentInterfaces } from '@cnilab/shared/lab/names';
import { lastOperations } from './operations.ts';

const mostShown = 5;

/** The CNI configuration that an element stands for, and what the plugins last did for it. */
export function CniTab({ element }: { element: ElementRef }) {
  const live = useLab((s) => s.live);
  const id = useLab((s) => s.selection[0] ?? '');
  const operations = lastOperations(live, id).slice(0, mostShown);
  const network = useNetwork(element);
  const isChecked = element.kind === 'attachment' || element.kind === 'pod';
  const isAsked = element.kind === 'host' || element.kind === 'network';
  if (!isChecked && !isAsked && operations.length === 0) {
    return (
      <Message
        title="No CNI for this element."
        text="Networks have a configuration, attachments have operations."
      />
    );
  }
  return (
    <div className={styles['form']}>
      {isChecked && <CheckSection element={id} />}
      {isAsked && (
        <NetworkSection
          element={id}
          host={element.host}
          network={element.kind === 'network' ? element.name : undefined}
        />
      )}
      {network && (
        <section>
          <h3 className={styles['group']}>/etc/cni/net.d/{networkFileName(network)}</h3>
          <Code text={prettyJson(compileNetwork(network).text)} what="the configuration" />
        </section>
      )}
      {element.kind !== 'segment' && element.kind !== 'interface' && (
        <section>
          <h3 className={styles['group']}>Last operations</h3>
          {operations.length === 0 && <p className={styles['quiet']}>None yet: deploy the lab.</p>}
          {operations.map((operation) => (
            <div key={operation.id} className={styles['card']}>
              <OperationView operation={operation} isTold={isTold(live, element, operation)} />
            </div>
          ))}
        </section>
      )}
    </div>
  );
}

/** What came of the last ones that can be asked for here stands above. */
function isTold(live: Snapshot | undefined, element: ElementRef, operation: Operation): boolean {
  const { op, host, pod, network, interface: name } = operation;
  if (op === 'ADD' || op === 'DEL') return false;
  if (op !== 'CHECK') return lastAnswer(live, op, { host, network }) === operation;
  return 'pod' in element && lastCheck(live, { host, pod, name }) === operation;
}

/** The network that the element is, or is attached to. */
function useNetwork(element: ElementRef) {
  const lab = useLab((s) => s.lab);
  if (element.kind !== 'network' && element.kind !== 'attachment') return undefined;
  const host = findHost(lab, element.host);
  if (!host) return undefined;
  const name = element.kind === 'network' ? element.name : networkOf();
  return hostNetworks(host).find((network) => network.name === name);

  function networkOf(): string | undefined {
    if (element.kind !== 'attachment') return undefined;
    const attachments = findPod(lab, element.host, element.pod)?.attachments ?? [];
    return attachments[attachmentInterfaces(attachments).indexOf(element.name)]?.network;
  }
}
