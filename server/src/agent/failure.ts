import { Errno } from '../netlink/errno.ts';

/** What a kernel refusal means to a person, for those that machines differ in. */
const missing: Record<string, string> = {
  vlan: '802.1Q VLANs (module 8021q)',
  dummy: 'dummy interfaces (module dummy)',
  vxlan: 'VXLAN (module vxlan)',
  macvlan: 'macvlan (module macvlan)',
};

/** Why something of an interface could not be made, as one sentence with the remedy if known. */
export function linkFailure(name: string, kind: string, error: unknown): string {
  if (error instanceof Errno) {
    if (error.code === 'EOPNOTSUPP' && missing[kind]) {
      return `This machine's kernel has no ${missing[kind]}, so ${name} cannot be made. Run the lab on a machine whose kernel has it.`;
    }
    if (error.code === 'EEXIST') {
      return `An interface called ${name} is there already and is of another kind. Delete it (ip link del ${name}) or choose another name.`;
    }
  }
  return `${name}: ${messageOf(error)}`;
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOSPC') {
    return `The disk that the lab's hosts share is full (${error.message}). Delete files on a host, or reset the lab.`;
  }
  return error.message;
}
