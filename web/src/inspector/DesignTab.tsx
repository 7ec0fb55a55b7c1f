import { Message } from '../design/Message.tsx';
import { findHost, findPod, type ElementRef } from '../store/elements.ts';
import { useLab } from '../store/labContext.tsx';
import { AttachmentForm } from './AttachmentForm.tsx';
import { HostForm } from './HostForm.tsx';
import styles from './Inspector.module.css';
import { InterfaceForm } from './InterfaceForm.tsx';
import { NetworkForm } from './NetworkForm.tsx';
import { PodForm } from './PodForm.tsx';
import { SegmentForm } from './SegmentForm.tsx';
import { useElementEdit } from './useDesign.ts';

/** The form of the selected element. */
export function DesignTab({ id, element }: { id: string; element: ElementRef }) {
  const lab = useLab((s) => s.lab);
  const edit = useElementEdit(id);
  if (!lab || !edit) {
    return <Message title="The design does not have this element." />;
  }
  const form = () => {
    if (element.kind === 'segment')
      return <SegmentForm name={element.name} lab={lab} edit={edit} />;
    if (element.kind === 'link') return null;
    const host = findHost(lab, element.host);
    if (!host) return null;
    switch (element.kind) {
      case 'host':
        return <HostForm host={host} lab={lab} edit={edit} />;
      case 'interface': {
        const item = host.interfaces?.find(({ name }) => name === element.name);
        return item && <InterfaceForm item={item} host={host} lab={lab} edit={edit} />;
      }
      case 'network':
        return <NetworkForm name={element.name} host={host} edit={edit} />;
      case 'route':
        return <p className={styles['quiet']}>Routes are edited at their host.</p>;
      default: {
        const pod = findPod(lab, element.host, element.pod);
        if (!pod) return null;
        return element.kind === 'attachment' ? (
          <AttachmentForm id={id} host={host} pod={pod} name={element.name} edit={edit} />
        ) : (
          <PodForm id={`pod:${host.name}/${pod.name}`} host={host} pod={pod} />
        );
      }
    }
  };
  return <div className={styles['form']}>{form()}</div>;
}
